import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BAD_PROBES, FAILED, GOOD_PROBES, next, UNKNOWN, type Health } from './region-health.ts';

const after = (probes: readonly boolean[], from: Health): Health => probes.reduce(next, from);
const WELL: Health = { healthy: true, against: 0 };

describe('a region', () => {
  it('that nobody knows yet is taken to be well until its first probe says otherwise', () => {
    expect(UNKNOWN.healthy).toBe(true);
    expect(next(UNKNOWN, false).healthy).toBe(false);
    expect(next(UNKNOWN, true)).toEqual(WELL);
  });

  it('that fails once goes on, and in a row gets nothing', () => {
    expect(after([false, true, false], WELL).healthy).toBe(true);
    expect(after(Array<boolean>(BAD_PROBES).fill(false), WELL).healthy).toBe(false);
  });

  it('comes back after so many good probes in a row', () => {
    const good = Array<boolean>(GOOD_PROBES - 1).fill(true);
    expect(after(good, FAILED).healthy).toBe(false);
    expect(after([...good, false, ...good], FAILED).healthy).toBe(false);
    expect(after([...good, true], FAILED).healthy).toBe(true);
  });

  it('is, after any history, as its last probes say', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 6 }), (probes) => {
        const { healthy } = after(probes, UNKNOWN);
        const ends = (value: boolean, count: number) =>
          probes.slice(-count).every((probe) => probe === value);
        if (ends(true, GOOD_PROBES)) expect(healthy).toBe(true);
        if (ends(false, BAD_PROBES)) expect(healthy).toBe(false);
      }),
    );
  });
});
