import type { MouthShape } from '#media/face/pose.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { isSilence, soundOf } from './arpabet.ts';
import { closureOf } from './closure.ts';
import type { ClosureKind } from './closure.ts';
import { LEAD_MS } from './gesture.ts';
import { mouthDistance, VISEME_SHAPES } from './shapes.ts';
import { VISEMES } from './viseme.ts';
import type { Viseme } from './viseme.ts';

/** When a closure is to be seen and to be heard, on the timeline of the marks. */
export interface ClosureTime {
  phoneme: string;
  kind: ClosureKind;
  /** The picture shows it from here to here. */
  seenFromMs: number;
  seenToMs: number;
  /** Its sound lasts from here to here. */
  heardFromMs: number;
  heardToMs: number;
}

/** One picture's mouth and its presentation time. */
export interface MouthFrame {
  tMs: number;
  mouth: MouthShape;
}

/** Lips count as shut below this opening; the drawn faces show no gap there. */
export const SHUT_OPENING = 0.02;
/** The lower lip counts as being under the teeth above this. */
const TUCKED = 0.8;

/** Every closure (p, b, m; f, v) that the marks call for, in order of time. */
export function closureTimes(marks: readonly PhonemeMark[]): ClosureTime[] {
  const times: ClosureTime[] = [];
  let previousMs = Number.POSITIVE_INFINITY;
  for (const mark of marks) {
    const closure = closureOf(mark, previousMs, Number.NEGATIVE_INFINITY);
    if (closure !== null) {
      times.push({
        phoneme: mark.phoneme,
        kind: closure.kind,
        seenFromMs: closure.fromMs,
        seenToMs: closure.toMs,
        heardFromMs: mark.startMs,
        heardToMs: mark.endMs,
      });
    }
    previousMs = mark.endMs - mark.startMs;
  }
  return times;
}

/** How far the lips are apart, 0 shut .. about 1 wide open: the gap that the drawn faces show for these weights. */
export function lipOpening(mouth: MouthShape): number {
  const gap =
    mouth.jawOpen +
    0.45 * mouth.mouthLowerDown +
    0.2 * mouth.mouthUpperUp +
    0.25 * mouth.mouthFunnel +
    0.22 * mouth.mouthPucker;
  return Math.min(1, gap) * (1 - mouth.mouthClose);
}

export function lipsShut(mouth: MouthShape): boolean {
  return lipOpening(mouth) <= SHUT_OPENING;
}

/** How many closures at least one picture shows. */
export function closuresSeen(
  marks: readonly PhonemeMark[],
  frames: readonly MouthFrame[],
): { total: number; seen: number; missed: ClosureTime[] } {
  const times = closureTimes(marks);
  const missed = times.filter(
    (time) =>
      !frames.some(
        ({ tMs, mouth }) =>
          tMs >= time.seenFromMs &&
          tMs <= time.seenToMs &&
          (time.kind === 'lips' ? lipsShut(mouth) : mouth.mouthRollLower >= TUCKED),
      ),
  );
  return { total: times.length, seen: times.length - missed.length, missed };
}

/** The viseme whose shape is nearest to this mouth. */
export function nearestViseme(mouth: MouthShape): Viseme {
  let best: Viseme = 'sil';
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const viseme of VISEMES) {
    const distance = mouthDistance(mouth, VISEME_SHAPES[viseme]);
    if (distance < bestDistance) {
      best = viseme;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * The share of pictures within sounds whose mouth is nearest to a viseme of the sound that it leads by 40 ms, or of the sound
 * beside that moment: between two sounds a mouth is rightly on the way. Silence and /h/ are not counted.
 */
export function visemeAccuracy(
  marks: readonly PhonemeMark[],
  frames: readonly MouthFrame[],
  besideMs = 20,
): number {
  let right = 0;
  let counted = 0;
  for (const { tMs, mouth } of frames) {
    const soundMs = tMs + LEAD_MS;
    const now = expectedAt(marks, soundMs);
    if (now.size === 0) {
      continue;
    }
    counted++;
    const seen = nearestViseme(mouth);
    const fits = [
      now,
      expectedAt(marks, soundMs - besideMs),
      expectedAt(marks, soundMs + besideMs),
    ];
    right += fits.some((visemes) => visemes.has(seen)) ? 1 : 0;
  }
  return counted === 0 ? 1 : right / counted;
}

function expectedAt(marks: readonly PhonemeMark[], tMs: number): Set<Viseme> {
  const visemes = new Set<Viseme>();
  const mark = marks.find(({ startMs, endMs }) => tMs >= startMs && tMs < endMs);
  if (mark === undefined || isSilence(mark.phoneme)) {
    return visemes;
  }
  let fromMs = mark.startMs;
  for (const part of soundOf(mark.phoneme)) {
    const toMs = fromMs + part.share * (mark.endMs - mark.startMs);
    if (tMs >= fromMs && tMs < toMs) {
      for (const [viseme] of part.blend) {
        visemes.add(viseme);
      }
    }
    fromMs = toMs;
  }
  return visemes;
}
