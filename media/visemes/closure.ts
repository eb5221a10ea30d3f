import type { PhonemeMark } from '#media/ports.ts';
import { isBilabial, isLabiodental } from './arpabet.ts';
import { LEAD_MS } from './gesture.ts';

/** Shut lips (p, b, m) or the lower lip under the teeth (f, v). */
export type ClosureKind = 'lips' | 'lip-on-teeth';

/** A closure on the timeline of the mouth: fully made from `fromMs` to `toMs`. */
export interface Closure {
  kind: ClosureKind;
  phoneme: string;
  fromMs: number;
  toMs: number;
  /** It begins to be made here, and is undone here. */
  attackFromMs: number;
  releaseToMs: number;
  /** Before this moment the closure was not known. */
  knownFromMs: number;
}

/** A closure is held this long or longer: more than one video frame at 25 fps, so one picture at least shows it. */
export const SHORTEST_HOLD_MS = 46;
/** A stop is shut no longer than this before its burst; a nasal or a fricative lasts as long as its sound. */
const LONGEST_STOP_MS = 120;
const ATTACK_MS = 65;
/** Pop open: a stop's release is quick, the others' a little slower. */
const STOP_RELEASE_MS = 45;
const RELEASE_MS = 60;
/** The burst and its breath, at the end of a stop, are made with parted lips. */
const BURST_SHARE = 0.2;
const LONGEST_BURST_MS = 25;
/** When a mark arrives too late for its attack, the lips still take this long to shut. */
const LATE_ATTACK_MS = 35;

/** The closure that a mark needs, if any. `previousMs` is the length of the sound before it, of which half is spared. */
export function closureOf(
  mark: PhonemeMark,
  previousMs: number,
  knownFromMs: number,
): Closure | null {
  const lips = isBilabial(mark.phoneme);
  if (!lips && !isLabiodental(mark.phoneme)) {
    return null;
  }
  const name = mark.phoneme.toLowerCase();
  const stop = name === 'p' || name === 'b';
  const durationMs = Math.max(0, mark.endMs - mark.startMs);
  const burstMs = stop ? Math.min(LONGEST_BURST_MS, BURST_SHARE * durationMs) : 0;
  let fromMs = mark.startMs - LEAD_MS;
  let toMs = mark.endMs - LEAD_MS - burstMs;
  if (stop) {
    fromMs = Math.max(fromMs, toMs - LONGEST_STOP_MS);
  }
  if (toMs - fromMs < SHORTEST_HOLD_MS) {
    // A short sound is held over into both neighbours.
    const middleMs = (fromMs + toMs) / 2;
    fromMs = middleMs - SHORTEST_HOLD_MS / 2;
    toMs = middleMs + SHORTEST_HOLD_MS / 2;
  }
  const attackMs = Math.min(ATTACK_MS, Math.max(LATE_ATTACK_MS, previousMs / 2));
  return {
    kind: lips ? 'lips' : 'lip-on-teeth',
    phoneme: mark.phoneme,
    fromMs,
    toMs,
    attackFromMs: fromMs - attackMs,
    releaseToMs: toMs + (stop ? STOP_RELEASE_MS : RELEASE_MS),
    knownFromMs,
  };
}

/** How far the closure is made at `tMs`: 0 not at all .. 1 fully. */
export function closureAt(closure: Closure, tMs: number): number {
  if (tMs <= closure.attackFromMs || tMs >= closure.releaseToMs || tMs <= closure.knownFromMs) {
    return 0;
  }
  let made = 1;
  if (tMs < closure.fromMs) {
    made = smooth((tMs - closure.attackFromMs) / (closure.fromMs - closure.attackFromMs));
  } else if (tMs > closure.toMs) {
    made = smooth((closure.releaseToMs - tMs) / (closure.releaseToMs - closure.toMs));
  }
  return made * smooth((tMs - closure.knownFromMs) / LATE_ATTACK_MS);
}

/** From 0 to 1 without a corner; flat outside. */
export function smooth(x: number): number {
  const clamped = Math.min(1, Math.max(0, x));
  return clamped * clamped * (3 - 2 * clamped);
}
