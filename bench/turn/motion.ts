/** When a face visibly moves more than it does by itself while listening. */

/** How much the picture changed since the one before it. */
export interface Motion {
  atMs: number;
  /** Mean change of brightness over the watched part of the face, 0..255. */
  change: number;
}

/** How far back the face's own idle motion is looked at. */
export const BASELINE_MS = 4_000;
/** Fewer pictures than this say nothing about idle motion. */
const LEAST_BASELINE = 25;
/**
 * A picture counts as a reaction when it changes more than all but this share of the idle pictures before it: blinks
 * and the listener's own small nods are among those.
 */
const IDLE_SHARE = 0.9;
/** Below this the change is the noise of the video codec. */
const LEAST_CHANGE = 0.35;

/**
 * Time from `fromMs` to the first picture that moves more than the idle face, or undefined within `withinMs`.
 * The baseline is the time before `fromMs`.
 */
export function firstMotionMs(
  motions: readonly Motion[],
  fromMs: number,
  withinMs = 2_000,
): number | undefined {
  const baseline = motions
    .filter(({ atMs }) => atMs > fromMs - BASELINE_MS && atMs <= fromMs)
    .map(({ change }) => change)
    .sort((a, b) => a - b);
  if (baseline.length < LEAST_BASELINE) {
    return undefined;
  }
  const idle = baseline[Math.floor(IDLE_SHARE * (baseline.length - 1))]!;
  const threshold = Math.max(LEAST_CHANGE, idle * 1.15);
  const found = motions.find(
    ({ atMs, change }) => atMs > fromMs && atMs <= fromMs + withinMs && change > threshold,
  );
  return found === undefined ? undefined : found.atMs - fromMs;
}
