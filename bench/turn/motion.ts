/** When a face visibly moves more than it does by itself while it listens. Pure. */
import type { Stretch } from './audible.ts';

/** How much the picture changed since the one before it. */
export interface Motion {
  atMs: number;
  /** Mean change of brightness over the watched part of the face, 0..255. */
  change: number;
}

/** One room: all pictures of a face, and when the learner spoke without pausing. */
export interface WatchedTalk {
  motions: readonly Motion[];
  idle: readonly Stretch[];
}

/** Idle motion of a face: how it moves while the learner speaks without pausing. */
export interface IdleMotion {
  /** A picture that changes more than this is a visible movement. */
  threshold: number;
  /** How often a movement begins within `REACTION_WINDOW_MS` of a moment at which nothing happened. */
  chance: { moments: number; moved: number };
}

/** Fewer pictures than this say nothing about idle motion. */
const LEAST_PICTURES = 40;
/** Idle pictures change less than the threshold but for this share, in which the listener nods or shifts by itself. */
const IDLE_SHARE = 0.95;
/** Steady drift wavers by about this much. */
const ABOVE_USUAL = 1.1;
/** Below this the change is the noise of the video codec. */
const LEAST_CHANGE = 0.35;
/** The reach of the reaction figure: what comes by chance within it is told beside it. */
export const REACTION_WINDOW_MS = 300;
const MOMENTS_EVERY_MS = 200;

/** Undefined when too little idling was seen. */
export function idleMotion(talks: readonly WatchedTalk[]): IdleMotion | undefined {
  const changes = talks
    .flatMap(({ motions, idle }) =>
      motions.filter(({ atMs }) =>
        idle.some(({ startMs, endMs }) => atMs >= startMs && atMs < endMs),
      ),
    )
    .map(({ change }) => change)
    .sort((a, b) => a - b);
  if (changes.length < LEAST_PICTURES) {
    return undefined;
  }
  const usual = changes[Math.floor(IDLE_SHARE * (changes.length - 1))]!;
  const threshold = Math.max(LEAST_CHANGE, ABOVE_USUAL * usual);
  const chance = { moments: 0, moved: 0 };
  for (const { motions, idle } of talks) {
    for (const { startMs, endMs } of idle) {
      for (let atMs = startMs; atMs + REACTION_WINDOW_MS < endMs; atMs += MOMENTS_EVERY_MS) {
        chance.moments += 1;
        const movedMs = firstMotionMs(motions, atMs, threshold, REACTION_WINDOW_MS);
        chance.moved += movedMs === undefined ? 0 : 1;
      }
    }
  }
  return { threshold, chance };
}

/** Time from `fromMs` to the first picture that moves more than the idle face, or undefined within `withinMs`. */
export function firstMotionMs(
  motions: readonly Motion[],
  fromMs: number,
  threshold: number,
  withinMs = 2_000,
): number | undefined {
  const found = motions.find(
    ({ atMs, change }) => atMs > fromMs && atMs <= fromMs + withinMs && change > threshold,
  );
  return found === undefined ? undefined : found.atMs - fromMs;
}
