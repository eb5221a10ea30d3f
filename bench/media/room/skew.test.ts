import { describe, expect, it } from 'vitest';
import { skewsOf, spreadOfSkews } from './skew.ts';

describe('skew of lips and sound', () => {
  it('is a flash’s onset minus its tone’s, the age of the flash taken off', () => {
    const heard = {
      tonesMs: [1_000, 2_000, 3_000],
      flashes: [
        { atMs: 1_030, ageMs: 20 },
        { atMs: 1_990, ageMs: 0 },
        { atMs: 3_000, ageMs: 0 },
      ],
    };
    expect(skewsOf(heard)).toEqual([10, -10, 0]);
  });

  it('leaves a tone out that no flash is near, and goes on with the next', () => {
    const heard = {
      tonesMs: [1_000, 2_000, 3_000],
      flashes: [
        { atMs: 1_005, ageMs: 0 },
        { atMs: 3_005, ageMs: 0 },
      ],
    };
    expect(skewsOf(heard)).toEqual([5, 5]);
    expect(spreadOfSkews(skewsOf(heard), 3)).toMatchObject({ n: 2, unmatched: 1 });
  });

  it('tells a constant offset from the spread around it', () => {
    const skews = Array.from({ length: 101 }, (_, index) => 30 + (index - 50) / 10);
    expect(spreadOfSkews(skews, 101)).toMatchObject({ p50: 30, p5: 25.5, p95: 34.5 });
    expect(spreadOfSkews(skews, 101).aroundMedianP95).toBeLessThan(5);
  });
});
