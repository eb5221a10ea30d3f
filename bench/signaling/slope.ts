/** A straight line through points. */

export interface Slope {
  /** Change of y for one of x. */
  slope: number;
  /** Standard error of the slope: about two thirds of repetitions lie within it, 95 % within twice. */
  error: number;
}

/** The line of least squares. Throws RangeError for fewer than three points or points of one x. */
export function slopeOf(points: readonly { x: number; y: number }[]): Slope {
  const n = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / n;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / n;
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  if (n < 3 || spread === 0) {
    throw new RangeError('A slope needs three points that lie apart.');
  }
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, { x, y }) => sum + (y - meanY - slope * (x - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / (n - 2) / spread) };
}
