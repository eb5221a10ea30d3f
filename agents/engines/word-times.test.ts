import { describe, expect, it } from 'vitest';
import { findWordTimes } from './word-times.ts';

const phones = (names: string): { phone: string; startMs: number; endMs: number }[] =>
  names.split(' ').map((phone, i) => ({ phone, startMs: i * 100, endMs: (i + 1) * 100 }));

describe('word times', () => {
  it('follows exact pronunciations', () => {
    const times = findWordTimes(phones('pau hh ax l ow pau dh eh r pau'), [
      ['hh', 'ax', 'l', 'ow'],
      ['dh', 'eh', 'r'],
    ]);
    expect(times).toEqual([
      { startMs: 100, endMs: 500 },
      { startMs: 600, endMs: 900 },
    ]);
  });

  it('allows reduced, dropped and added sounds', () => {
    // "and then": "ae n d | dh eh n" spoken "ax n dh eh n n".
    const times = findWordTimes(phones('ax n dh eh n n'), [
      ['ae', 'n', 'd'],
      ['dh', 'eh', 'n'],
    ]);
    expect(times[0]).toEqual({ startMs: 0, endMs: 200 });
    expect(times[1]!.endMs).toBe(600);
  });

  it('gives a word of unknown sound a share of its neighbour, first or last', () => {
    const times = findWordTimes(phones('b ih g'), [[], ['b', 'ih', 'g'], []]);
    expect(times.map(({ startMs, endMs }) => endMs > startMs)).toEqual([true, true, true]);
    expect(times[0]!.endMs).toBeLessThanOrEqual(times[1]!.startMs);
    expect(times[1]!.endMs).toBeLessThanOrEqual(times[2]!.startMs);
  });

  it('answers for no words and for no sound', () => {
    expect(findWordTimes([], [])).toEqual([]);
    expect(findWordTimes([], [['b']])).toEqual([{ startMs: 0, endMs: 0 }]);
  });
});
