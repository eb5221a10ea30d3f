/** From what a subscriber heard and saw to how far lips and sound lie apart. Pure. */
import { percentile, rounded } from '../../turn/figures.ts';
import type { Heard } from './order.ts';

export interface SkewSpread {
  /** Signed: positive when the picture comes after its sound. */
  p5: number | null;
  p50: number | null;
  p95: number | null;
  /** 95th percentile of the absolute value. */
  absoluteP95: number | null;
  /** The same around the median: what calibration cannot take away. */
  aroundMedianP95: number | null;
  n: number;
  /** Tones without a flash near them. */
  unmatched: number;
}

/** Tones are at least 680 ms apart. */
const NEAREST_WITHIN_MS = 330;

/** For each tone, the nearest flash's time minus its own, in ms. */
export function skewsOf(heard: Pick<Heard, 'tonesMs' | 'flashes'>): number[] {
  const onsets = heard.flashes.map(({ atMs, ageMs }) => atMs - ageMs);
  let next = 0;
  return heard.tonesMs.flatMap((toneMs) => {
    while (
      next + 1 < onsets.length &&
      Math.abs(onsets[next + 1]! - toneMs) <= Math.abs(onsets[next]! - toneMs)
    ) {
      next += 1;
    }
    const skewMs = (onsets[next] ?? Number.POSITIVE_INFINITY) - toneMs;
    return Math.abs(skewMs) <= NEAREST_WITHIN_MS ? [skewMs] : [];
  });
}

export function spreadOfSkews(skewsMs: readonly number[], tones: number): SkewSpread {
  const middle = percentile(skewsMs, 0.5) ?? 0;
  const digit = (value: number | null): number | null => rounded(value, 1);
  return {
    p5: digit(percentile(skewsMs, 0.05)),
    p50: digit(percentile(skewsMs, 0.5)),
    p95: digit(percentile(skewsMs, 0.95)),
    absoluteP95: digit(percentile(skewsMs.map(Math.abs), 0.95)),
    aroundMedianP95: digit(
      percentile(
        skewsMs.map((skewMs) => Math.abs(skewMs - middle)),
        0.95,
      ),
    ),
    n: skewsMs.length,
    unmatched: tones - skewsMs.length,
  };
}
