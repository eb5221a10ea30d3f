import { describe, expect, it } from 'vitest';
import { convertRate } from './rate-converter.ts';

const tone = (hz: number, rateHz: number, seconds: number): Int16Array =>
  Int16Array.from({ length: rateHz * seconds }, (_, at) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * hz * at) / rateHz)),
  );

/** Level of the difference over the level of the first, edges left out. */
function errorDb(got: Int16Array, wanted: Int16Array): number {
  let error = 0;
  let power = 0;
  for (let at = 200; at < Math.min(got.length, wanted.length) - 200; at += 1) {
    error += (got[at]! - wanted[at]!) ** 2;
    power += wanted[at]! ** 2;
  }
  return 10 * Math.log10(error / power);
}

describe('changing the sample rate', () => {
  it.each([
    [22_050, 24_000],
    [16_000, 24_000],
    [24_000, 16_000],
    [48_000, 24_000],
  ])('keeps a tone from %i to %i Hz, and its length', (fromHz, toHz) => {
    for (const hz of [200, 1_000, 4_000]) {
      const converted = convertRate(tone(hz, fromHz, 1), fromHz, toHz);
      expect(converted.length).toBe(toHz);
      expect(errorDb(converted, tone(hz, toHz, 1))).toBeLessThan(-50);
    }
  });

  it('leaves out what the lower rate cannot hold', () => {
    const converted = convertRate(tone(10_500, 24_000, 1), 24_000, 16_000);
    expect(Math.max(...converted.subarray(200, -200))).toBeLessThan(30);
  });

  it('returns the same samples for the same rate, and nothing for nothing', () => {
    const samples = tone(200, 16_000, 1);
    expect(convertRate(samples, 16_000, 16_000)).toBe(samples);
    expect(convertRate(new Int16Array(0), 22_050, 24_000).length).toBe(0);
  });
});
