import { describe, expect, it } from 'vitest';
import { applyGain, measureLoudnessLufs } from './loudness.ts';

const tone = (level: number, hz: number, sampleRateHz: number, seconds: number): Int16Array =>
  Int16Array.from({ length: seconds * sampleRateHz }, (_, i) =>
    Math.round(32767 * level * Math.sin((2 * Math.PI * hz * i) / sampleRateHz)),
  );

describe('loudness', () => {
  it.each([16_000, 22_050, 48_000])(
    'gives the standard’s calibration tone its level at %i Hz',
    (rate) => {
      // BS.1770: a full-scale 997 Hz sine in one channel reads -3.01.
      expect(measureLoudnessLufs(tone(1, 997, rate, 2), rate)).toBeCloseTo(-3.01, 1);
    },
  );

  it('leaves pauses out', () => {
    const speech = tone(0.1, 997, 16_000, 2);
    const withPause = new Int16Array(speech.length * 3);
    withPause.set(speech);
    const difference = measureLoudnessLufs(withPause, 16_000) - measureLoudnessLufs(speech, 16_000);
    expect(Math.abs(difference)).toBeLessThan(0.5);
  });

  it('has no level for silence and for nothing', () => {
    expect(measureLoudnessLufs(new Int16Array(16_000), 16_000)).toBe(Number.NEGATIVE_INFINITY);
    expect(measureLoudnessLufs(new Int16Array(0), 16_000)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('changes the level by exactly the gain where there is room', () => {
    const samples = tone(0.1, 997, 16_000, 1);
    const before = measureLoudnessLufs(samples, 16_000);
    applyGain(samples, 6);
    expect(measureLoudnessLufs(samples, 16_000) - before).toBeCloseTo(6, 1);
  });

  it('never passes -1 dBFS', () => {
    const samples = tone(0.9, 300, 16_000, 1);
    applyGain(samples, 30);
    expect(samples.every((sample) => Math.abs(sample) <= 0.8913 * 32768)).toBe(true);
  });
});
