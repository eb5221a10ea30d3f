/** Straight lines through measured values. Pure. */

const HOUR_MS = 3_600_000;

/** The slope of the line with the least squares; null for fewer than two moments. */
export function slopePerHour(
  samples: readonly { atMs: number; megabytes: number }[],
): number | null {
  const mean = (of: (sample: { atMs: number; megabytes: number }) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [middleMs, middle] = [mean(({ atMs }) => atMs), mean(({ megabytes }) => megabytes)];
  let [above, below] = [0, 0];
  for (const { atMs, megabytes } of samples) {
    above += (atMs - middleMs) * (megabytes - middle);
    below += (atMs - middleMs) ** 2;
  }
  return below === 0 ? null : (above / below) * HOUR_MS;
}
