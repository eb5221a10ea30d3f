import { describe, expect, it } from 'vitest';
import { median, percentile, rateOf, spread } from './figures.ts';

describe('figures', () => {
  it('interpolates between neighbours', () => {
    expect(percentile([10, 20, 30, 40], 0.5)).toBe(25);
    expect(percentile([40, 10, 30, 20], 0.95)).toBeCloseTo(38.5);
    expect(percentile([7], 0.95)).toBe(7);
  });

  it('says null rather than zero when nothing was measured', () => {
    expect(median([])).toBeNull();
    expect(spread([])).toEqual({ p50: null, p95: null, n: 0 });
    expect(rateOf(0, 0)).toEqual({ rate: null, count: 0, n: 0 });
  });

  it('counts what it summarises', () => {
    expect(spread([100, 200, 300])).toEqual({ p50: 200, p95: 290, n: 3 });
    expect(rateOf(1, 3).rate).toBe(0.3333);
  });
});
