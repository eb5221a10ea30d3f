import { describe, expect, it } from 'vitest';
import { closureSkew, type MouthPicture } from './closure-skew.ts';

/** Open, shut around 1,000 ms, open again. */
const expected = (tMs: number): number => {
  const away = Math.min(1, Math.abs(tMs - 1_000) / 120);
  return 0.5 * away * away * (3 - 2 * away) + 0.1 * Math.sin(tMs / 170);
};

/** The same mouth, shown `lateMs` later, at 25 pictures a second, in another unit. */
function pictures(lateMs: number, phaseMs: number): MouthPicture[] {
  return Array.from({ length: 50 }, (_, index) => {
    const atMs = index * 40 + phaseMs;
    return { atMs, gap: 3 + 40 * expected(atMs - lateMs) };
  });
}

describe('skew of a closure', () => {
  it('is found to a few milliseconds, whatever the phase of the pictures', () => {
    for (const lateMs of [-60, 0, 25, 90]) {
      for (const phaseMs of [0, 7, 19, 33]) {
        const found = closureSkew(pictures(lateMs, phaseMs), expected, 1_000)!;
        expect(Math.abs(found.skewMs + lateMs)).toBeLessThan(4);
        expect(found.score).toBeGreaterThan(0.99);
      }
    }
  });

  it('is positive when the picture leads', () => {
    expect(closureSkew(pictures(-40, 0), expected, 1_000)!.skewMs).toBeGreaterThan(30);
  });

  it('is not claimed for a mouth that does something else', () => {
    const other = pictures(0, 0).map(({ atMs }) => ({ atMs, gap: Math.sin(atMs / 23) }));
    expect(closureSkew(other, expected, 1_000)).toBeUndefined();
    expect(closureSkew(pictures(0, 0), () => 0.2, 1_000)).toBeUndefined();
  });
});
