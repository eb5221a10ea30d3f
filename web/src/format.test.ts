import { describe, expect, it } from 'vitest';
import {
  axisTime,
  clockTime,
  dateTime,
  percentPair,
  secondsText,
  shortNumber,
  spokenDuration,
} from './format.ts';

describe('times', () => {
  it.each([
    [0, '00:00'],
    [134_999, '02:14'],
    [3_734_000, '1:02:14'],
    [-5, '00:00'],
  ])('clockTime(%d)', (ms, text) => expect(clockTime(ms)).toBe(text));

  it.each([
    [0, '0:00'],
    [522_000, '8:42'],
    [59_600, '1:00'],
  ])('axisTime(%d)', (ms, text) => expect(axisTime(ms)).toBe(text));

  it.each([
    [42_000, '42 s'],
    [480_000, '8 min'],
    [522_400, '8 min 42 s'],
  ])('spokenDuration(%d)', (ms, text) => expect(spokenDuration(ms)).toBe(text));

  it('writes seconds and short numbers', () => {
    expect(secondsText(1_240)).toBe('1.2 s');
    expect(shortNumber(2)).toBe('2');
    expect(shortNumber(2.24)).toBe('2.2');
  });

  it('writes dates in a given zone and passes anything else through', () => {
    expect(dateTime('2026-11-21T13:05:00Z', 'Europe/Stockholm')).toBe('21 Nov 2026, 14:05');
    expect(dateTime('yesterday')).toBe('yesterday');
  });
});

describe('percentPair', () => {
  it('always adds up to 100', () => {
    for (const share of [0, 0.005, 0.333, 0.5, 0.625, 0.999, 1, 1.4, -1]) {
      const [you, them] = percentPair(share);
      expect(you + them).toBe(100);
    }
    expect(percentPair(0.626)).toEqual([63, 37]);
  });
});
