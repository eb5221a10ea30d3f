/** Counts of values by size, for metrics: fixed bounds, no samples kept. */
export interface HistogramCounts {
  /** Upper bounds, ascending; a last bucket without a bound follows. */
  bounds: readonly number[];
  /** One more than bounds; each value is in one bucket. */
  counts: readonly number[];
  sum: number;
}

export class Histogram implements HistogramCounts {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) {
      bucket += 1;
    }
    this.counts[bucket]! += 1;
    this.sum += value;
  }
}

/** A live answer is of use for some ten milliseconds, a transcript for a second. */
export const LATENCY_BOUNDS_S = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24,
];
export const ROWS_BOUNDS = [1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128];
