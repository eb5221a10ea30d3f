/** Medians and percentiles of measured values. */

export interface Spread {
  p50: number | null;
  p95: number | null;
  n: number;
}

/** The value below which `share` (0..1) of the values lie, interpolated between neighbours; null for no values. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) {
    return null;
  }
  const sorted = [...values].sort((a, b) => a - b);
  const position = Math.min(1, Math.max(0, share)) * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(sorted.length - 1, below + 1)]!;
  return low + (high - low) * (position - below);
}

export function median(values: readonly number[]): number | null {
  return percentile(values, 0.5);
}

export function spread(values: readonly number[]): Spread {
  return {
    p50: rounded(percentile(values, 0.5)),
    p95: rounded(percentile(values, 0.95)),
    n: values.length,
  };
}

/** `digits` after the point; null stays null. */
export function rounded(value: number | null, digits = 0): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}

/** A share with the counts that it comes from. */
export interface Rate {
  rate: number | null;
  count: number;
  n: number;
}

export function rateOf(count: number, n: number): Rate {
  return { rate: n === 0 ? null : rounded(count / n, 4), count, n };
}
