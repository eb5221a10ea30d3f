import { describe, expect, it } from 'vitest';
import { audibleStretches, firstStretchFrom, steadyTimes, type Level } from './audible.ts';

/** Windows of 10 ms, loud within the given stretches. */
function levels(untilMs: number, loud: [number, number][]): Level[] {
  return Array.from({ length: untilMs / 10 }, (_, index) => {
    const atMs = index * 10;
    return { atMs, rms: loud.some(([from, to]) => atMs >= from && atMs < to) ? 900 : 3 };
  });
}

describe('audible stretches', () => {
  it('finds where sound begins and ends', () => {
    expect(audibleStretches(levels(2_000, [[300, 700]]))).toEqual([{ startMs: 300, endMs: 700 }]);
  });

  it('keeps a word with a silent stop together and tells two sounds apart', () => {
    const heard = audibleStretches(
      levels(3_000, [
        [300, 700],
        [800, 1_000],
        [1_400, 1_800],
      ]),
    );
    expect(heard).toEqual([
      { startMs: 300, endMs: 1_000 },
      { startMs: 1_400, endMs: 1_800 },
    ]);
    expect(firstStretchFrom(heard, 900)?.startMs).toBe(1_400);
    expect(firstStretchFrom(heard, 1_500)).toBeUndefined();
  });

  it('does not take a click of one window for sound', () => {
    expect(audibleStretches(levels(1_000, [[300, 310]]))).toEqual([]);
  });
});

describe('steady times', () => {
  it('takes the delays of a busy reader out, and keeps those of the sound itself', () => {
    const made = Array.from({ length: 400 }, (_, index) => 5 + index * 10 + (index > 200 ? 70 : 0));
    const seen = made.map((atMs, index) => atMs + (index % 50 < 8 ? 80 - (index % 50) * 10 : 0));
    const steady = steadyTimes(seen);
    expect(steady[100]).toBe(1_005);
    expect(steady[150]).toBe(made[150]);
    expect(steady[350]).toBe(made[350]);
  });
});
