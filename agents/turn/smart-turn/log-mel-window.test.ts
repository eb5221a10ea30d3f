import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FourierTransform } from './fourier.ts';
import { LogMelWindow, REWINDABLE_SAMPLES, WINDOW_FRAMES } from './log-mel-window.ts';
import { hertzToMel, melToHertz } from './mel-filterbank.ts';

interface Golden {
  cases: { name: string; samples: number; mean: number; cells: [number, number, number][] }[];
}
const golden = JSON.parse(
  readFileSync(new URL('./testdata/log-mel.json', import.meta.url), 'utf8'),
) as Golden;

/** The sound of make-golden.py. */
function sound(samples: number): Int16Array {
  return Int16Array.from({ length: samples }, (_, n) => {
    const t = n / 16_000;
    const level = 4000 * (0.5 + 0.5 * Math.sin(2 * Math.PI * 0.7 * t));
    const low = level * Math.sin(2 * Math.PI * (120 * t + 15 * t * t));
    return Math.floor(200 + low + 0.3 * level * Math.sin(2 * Math.PI * 2300 * t));
  });
}

describe('LogMelWindow', () => {
  it.each(golden.cases)('equals smart-turn’s own features: $name', ({ samples, mean, cells }) => {
    const window = new LogMelWindow();
    const pcm = sound(samples);
    for (let at = 0; at < samples; at += 531) window.push(pcm.subarray(at, at + 531));
    const features = window.features();
    for (const [band, frame, value] of cells) {
      expect(
        features[band * WINDOW_FRAMES + frame],
        `band ${String(band)}, frame ${String(frame)}`,
      ).toBeCloseTo(value, 4);
    }
    expect(features.reduce((sum, value) => sum + value, 0) / features.length).toBeCloseTo(mean, 4);
  });

  it('does not care in which pieces the sound came', () => {
    const pcm = sound(30_000);
    const whole = new LogMelWindow();
    whole.push(pcm);
    const pieces = new LogMelWindow();
    for (let at = 0; at < pcm.length; at += 97) pieces.push(pcm.subarray(at, at + 97));
    expect(pieces.features()).toEqual(whole.features());
  });

  it('forgets the turn before a reset', () => {
    const used = new LogMelWindow();
    used.push(sound(140_000));
    used.reset();
    used.push(sound(9_000));
    const fresh = new LogMelWindow();
    fresh.push(sound(9_000));
    expect(used.samples).toBe(9_000);
    expect(used.features()).toEqual(fresh.features());
  });

  it.each([
    { heard: 30_000, back: 24_000 },
    { heard: 150_000, back: 140_000 },
    { heard: 331_000, back: 300_000 },
  ])('goes on after $back of $heard samples as if no more had come', ({ heard, back }) => {
    const pcm = sound(heard + 5_000);
    const rewound = new LogMelWindow();
    rewound.push(pcm.subarray(0, heard));
    rewound.rewind(back);
    rewound.push(pcm.subarray(heard));
    const never = new LogMelWindow();
    never.push(pcm.subarray(0, back));
    never.push(pcm.subarray(heard));
    expect(rewound.samples).toBe(back + 5_000);
    expect(rewound.features()).toEqual(never.features());
  });

  it('takes back two seconds at most, and nothing that has not come', () => {
    const window = new LogMelWindow();
    window.push(sound(100_000));
    window.rewind(120_000);
    expect(window.samples).toBe(100_000);
    window.rewind(0);
    expect(window.samples).toBe(100_000 - REWINDABLE_SAMPLES);
  });

  it('answers for silence and for nothing at all without NaN', () => {
    const window = new LogMelWindow();
    expect(window.features().every(Number.isFinite)).toBe(true);
    window.push(new Int16Array(5_000));
    expect(window.features().every(Number.isFinite)).toBe(true);
  });
});

describe('FourierTransform', () => {
  it('equals the definition', () => {
    const length = 60;
    const input = Float64Array.from({ length }, (_, n) => Math.sin(n * n) + (n % 7));
    const { re, im } = new FourierTransform(length).real(input);
    for (let bin = 0; bin < length; bin += 1) {
      let expectedRe = 0;
      let expectedIm = 0;
      for (const [n, value] of input.entries()) {
        expectedRe += value * Math.cos((2 * Math.PI * bin * n) / length);
        expectedIm -= value * Math.sin((2 * Math.PI * bin * n) / length);
      }
      expect(re[bin]).toBeCloseTo(expectedRe, 9);
      expect(im[bin]).toBeCloseTo(expectedIm, 9);
    }
  });

  it('refuses a length with other factors', () => {
    expect(() => new FourierTransform(14)).toThrow(RangeError);
  });
});

describe('the mel scale', () => {
  it('is linear to 1 kHz and returns to where it began', () => {
    expect(hertzToMel(500)).toBeCloseTo(7.5, 9);
    for (const hertz of [0, 333, 1000, 4321, 8000]) {
      expect(melToHertz(hertzToMel(hertz))).toBeCloseTo(hertz, 6);
    }
  });
});
