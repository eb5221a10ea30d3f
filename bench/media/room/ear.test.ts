import { describe, expect, it } from 'vitest';
import { Ear, FRAME_MS, noteOf } from './ear.ts';
import { soundOf } from './script.ts';

const RATE_HZ = 48_000;
const PER_FRAME = (RATE_HZ * FRAME_MS) / 1_000;

/** Plays sound to an ear, frame by frame; each arrives as late as `lateMs` says. */
function heard(samples: Int16Array, lateMs: (frame: number) => number = () => 0) {
  const ear = new Ear(RATE_HZ);
  for (let frame = 0; frame * PER_FRAME < samples.length; frame += 1) {
    const part = samples.subarray(frame * PER_FRAME, (frame + 1) * PER_FRAME);
    ear.push(noteOf(part, 5_000 + frame * FRAME_MS + lateMs(frame)));
  }
  return ear.heard();
}

const TWO = {
  durationMs: 2_000,
  pulses: [
    { startMs: 203, endMs: 323 },
    { startMs: 1_200, endMs: 1_320 },
  ],
};

describe('an ear for tones', () => {
  it('times a tone to the sample, wherever in a frame it begins', () => {
    const { tonesMs, audible } = heard(soundOf(TWO, RATE_HZ, 1_000));
    expect(tonesMs[0]!).toBeCloseTo(5_203, 0);
    expect(tonesMs[1]!).toBeCloseTo(6_200, 0);
    expect(audible[1]!.endMs).toBeCloseTo(6_320, 0);
  });

  it('is not misled by frames that are handled late', () => {
    const { tonesMs } = heard(soundOf(TWO, RATE_HZ, 1_000), (frame) => (frame % 7 === 6 ? 0 : 9));
    expect(tonesMs[0]!).toBeCloseTo(5_203, 0);
  });

  it('takes no part of a tone for a tone', () => {
    const cut = { durationMs: 1_000, pulses: [{ startMs: 300, endMs: 350 }] };
    expect(heard(soundOf(cut, RATE_HZ, 1_000)).tonesMs).toEqual([]);
  });
});
