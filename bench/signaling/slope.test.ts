import { expect, it } from 'vitest';
import { slopeOf } from './slope.ts';

it('finds the slope of a line, and how sure it is', () => {
  const line = [0, 1, 2, 3].map((x) => ({ x, y: 5 + 2 * x }));
  expect(slopeOf(line)).toEqual({ slope: 2, error: 0 });
  // Residuals 0.5, −1, 0.5 about the mean: s² = 1.5 / 1, and Σ(x − x̄)² = 2.
  const bent = [
    { x: 0, y: 1 },
    { x: 1, y: -0.5 },
    { x: 2, y: 1 },
  ];
  expect(slopeOf(bent).slope).toBeCloseTo(0);
  expect(slopeOf(bent).error).toBeCloseTo(Math.sqrt(1.5 / 2));
  expect(() => slopeOf([])).toThrow(RangeError);
  expect(() => slopeOf([1, 1, 1].map((x) => ({ x, y: x })))).toThrow(RangeError);
});
