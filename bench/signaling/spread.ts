/** What a few samples of a time say. */

export interface Spread {
  n: number;
  medianMs: number;
  /** The smallest value that 95 of 100 do not exceed; of few samples, the largest. */
  p95: number;
  samplesMs: number[];
}

/** Throws RangeError for no samples. */
export function spreadOf(samplesMs: readonly number[]): Spread {
  if (samplesMs.length === 0) {
    throw new RangeError('There are no samples.');
  }
  const sorted = [...samplesMs].map(Math.round).sort((one, other) => one - other);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
  return {
    n: sorted.length,
    medianMs: at(0.5),
    p95: at(0.95),
    samplesMs: [...samplesMs].map(Math.round),
  };
}
