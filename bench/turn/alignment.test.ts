import { describe, expect, it } from 'vitest';
import { findSound, findSoundFar } from './alignment.ts';

/** A tone whose pitch wanders, so that it is like itself at one place only. */
function chirp(length: number): Int16Array {
  return Int16Array.from({ length }, (_, index) =>
    Math.round(4_000 * Math.sin(index * (0.02 + index * 0.000_01))),
  );
}

function placed(known: Int16Array, at: number, length: number, gain: number): Int16Array {
  const received = Int16Array.from({ length }, (_, index) => ((index * 7_919) % 201) - 100);
  known.forEach((sample, index) => {
    received[at + index] = received[at + index]! + Math.round(sample * gain);
  });
  return received;
}

describe('finding a sound', () => {
  it('finds it to the sample, quieter and in noise', () => {
    const known = chirp(4_000);
    const received = placed(known, 7_321, 20_000, 0.4);
    const match = findSoundFar(received, known, 0, 16_000)!;
    expect(Math.abs(match.at - 7_321)).toBeLessThanOrEqual(1);
    expect(match.score).toBeGreaterThan(0.9);
  });

  it('scores low what is not there', () => {
    const received = placed(new Int16Array(10), 0, 20_000, 1);
    expect(findSoundFar(received, chirp(4_000), 0, 16_000)!.score).toBeLessThan(0.3);
  });

  it('has no answer where there is no room', () => {
    expect(findSound(new Int16Array(100), chirp(400), 0, 1_000)).toBeUndefined();
  });
});
