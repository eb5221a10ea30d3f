/** How far a seen mouth is from a heard one, closure by closure. */

/** A picture of the mouth: how wide it stands open, in any unit, and when it was shown. */
export interface MouthPicture {
  atMs: number;
  gap: number;
}

/** How far the lips should be apart at a time. */
export type ExpectedGap = (tMs: number) => number;

export interface ClosureSkew {
  /** Positive: the picture leads its sound by more than it should. */
  skewMs: number;
  /** Correlation of the seen with the expected mouth at that skew. */
  score: number;
}

/** A closure is looked at together with the opening on either side: 15 pictures at 25 a second. */
const AROUND_MS = 300;
/** ITU-R BT.1359 calls 185 ms plainly unacceptable; nothing beyond is looked for. */
const LARGEST_MS = 200;
const STEP_MS = 4;
/** Below these the mouth is too still, or too unlike, to say when it closed. */
const LEAST_PICTURES = 8;
const LEAST_MOVEMENT = 0.15;
const LEAST_SCORE = 0.75;
/** A second fit this far away must be worse by so much: syllables resemble each other. */
const ELSEWHERE_MS = 80;
const CLEARLY_BETTER = 0.08;

/**
 * Compares the pictures around a closure with the mouth that the sound calls for, shifted in steps of 4 ms.
 * Pictures and expectation are on one timeline, that of the sound as it was heard. Undefined when the mouth is
 * too still or does not fit anywhere.
 */
export function closureSkew(
  pictures: readonly MouthPicture[],
  expected: ExpectedGap,
  closureMs: number,
): ClosureSkew | undefined {
  const near = pictures.filter(({ atMs }) => Math.abs(atMs - closureMs) <= AROUND_MS);
  if (near.length < LEAST_PICTURES) {
    return undefined;
  }
  const gaps = near.map(({ gap }) => gap);
  const here = near.map(({ atMs }) => expected(atMs));
  if (Math.max(...here) - Math.min(...here) < LEAST_MOVEMENT) {
    return undefined;
  }
  const scoreAt = (lateMs: number): number =>
    correlation(
      gaps,
      near.map(({ atMs }) => expected(atMs - lateMs)),
    );
  const fits: { lateMs: number; score: number }[] = [];
  for (let lateMs = -LARGEST_MS; lateMs <= LARGEST_MS; lateMs += STEP_MS) {
    fits.push({ lateMs, score: scoreAt(lateMs) });
  }
  const best = fits.reduce((a, b) => (b.score > a.score ? b : a));
  const elsewhere = fits.filter(({ lateMs }) => Math.abs(lateMs - best.lateMs) >= ELSEWHERE_MS);
  const second = Math.max(...elsewhere.map(({ score }) => score));
  if (
    best.score < LEAST_SCORE ||
    best.score - second < CLEARLY_BETTER ||
    Math.abs(best.lateMs) === LARGEST_MS
  ) {
    return undefined;
  }
  const offMs = vertex(scoreAt(best.lateMs - STEP_MS), best.score, scoreAt(best.lateMs + STEP_MS));
  return { skewMs: -(best.lateMs + offMs * STEP_MS), score: best.score };
}

/** Where the parabola through three neighbours is highest, in steps from the middle one. */
function vertex(before: number, middle: number, after: number): number {
  const bend = before - 2 * middle + after;
  return bend >= 0 ? 0 : Math.max(-0.5, Math.min(0.5, (0.5 * (before - after)) / bend));
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const meanA = a.reduce((sum, value) => sum + value, 0) / a.length;
  const meanB = b.reduce((sum, value) => sum + value, 0) / b.length;
  let product = 0;
  let energyA = 0;
  let energyB = 0;
  for (let index = 0; index < a.length; index += 1) {
    const fromA = a[index]! - meanA;
    const fromB = b[index]! - meanB;
    product += fromA * fromB;
    energyA += fromA * fromA;
    energyB += fromB * fromB;
  }
  return product / Math.max(1e-9, Math.sqrt(energyA * energyB));
}
