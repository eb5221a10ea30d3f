import { describe, expect, it } from 'vitest';
import { framesPerSecondOf, joinPaces, onTimeShareOf, picturePace } from './picture-pace.ts';

const times = Array.from({ length: 250 }, (_, index) => index * 40).filter(
  (atMs) => atMs !== 4_000 && atMs !== 8_000,
);

describe('pace of pictures', () => {
  it('counts pictures within speech only, and a missing one as a late interval', () => {
    const pace = picturePace(times, [{ startMs: 3_000, endMs: 5_000 }]);
    expect(pace.pictures).toBe(49);
    expect(framesPerSecondOf(pace)).toBeCloseTo(24.5);
    expect(onTimeShareOf(pace)).toBeCloseTo(47 / 48);
  });

  it('joins the pace of several rooms by their counts', () => {
    const one = picturePace(times, [{ startMs: 0, endMs: 2_000 }]);
    expect(joinPaces([one, one])).toEqual({
      spokenMs: 4_000,
      pictures: 100,
      intervals: 98,
      onTime: 98,
    });
  });

  it('claims nothing without speech', () => {
    const none = picturePace(times, []);
    expect(framesPerSecondOf(none)).toBeNull();
    expect(onTimeShareOf(none)).toBeNull();
  });
});
