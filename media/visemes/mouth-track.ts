import { MOUTH_WEIGHTS, NEUTRAL_MOUTH } from '#media/face/pose.ts';
import type { MouthShape, MouthWeight } from '#media/face/pose.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { isSilence } from './arpabet.ts';
import { closureAt, closureOf, smooth } from './closure.ts';
import type { Closure } from './closure.ts';
import { CHANNELS, CHANNEL_OF, gesturesOf, LEAD_MS } from './gesture.ts';
import type { Channel, Gesture, PerChannel } from './gesture.ts';
import { VISEME_SHAPES } from './shapes.ts';

export interface MouthTrackOptions {
  /**
   * Loudness of the speech at a time of the track, 0 silent .. 1 as loud as it gets. It opens the jaw a little more
   * or less; the phonemes say when.
   */
  loudnessAt?: (tMs: number) => number;
}

/** Rise towards a gesture and fall after it, per millisecond. Rounding spreads widest, about 160 ms ahead. */
const RISE: PerChannel = { jaw: 0.02, rounding: 0.012, lips: 0.022, tongue: 0.026 };
const FALL: PerChannel = { jaw: 0.014, rounding: 0.014, lips: 0.016, tongue: 0.022 };
const EXPONENT = 1.3;
/** Rest's own say: too weak to be seen against any sound, it closes the mouth slowly when no sound is left. */
const REST = 0.06;
/** Beyond these a gesture's say is below a thousandth of rest's. */
const REACH_BEFORE_MS = 420;
const REACH_AFTER_MS = 420;
/** What arrives late comes in over this time. */
const FADE_IN_MS = 80;
/** A cut mouth is shut after this time. */
const CUT_MS = 120;
/** A pause this long is a rest: what follows it is an onset. */
const REST_MS = 120;
/** How far back shapes can still be asked for. */
const HISTORY_MS = 5_000;
const LOUDNESS_SHARE = 0.2;

const SIZE = MOUTH_WEIGHTS.length;
const CHANNEL_INDEX = MOUTH_WEIGHTS.map((name) => CHANNELS.indexOf(CHANNEL_OF[name]));
const AT = Object.fromEntries(MOUTH_WEIGHTS.map((name, i) => [name, i])) as Record<
  MouthWeight,
  number
>;

/** Speech that belongs together: from one cut to the next. */
interface Stretch {
  /** It takes over from the stretch before it from here. */
  fromMs: number;
  gestures: Gesture[];
  closures: Closure[];
  longestGestureMs: number;
  /** The end of the last sound and its length, for what follows it. */
  lastEndMs: number;
  lastSoundMs: number;
  atRest: boolean;
  /** When a sound without a shape of its own (h) began to end the rest. */
  breathFromMs: number | null;
}

/**
 * The mouth over time. Phonemes become gestures whose say over the jaw, the rounding, the lips and the tongue rises before the
 * sound and falls after it (Cohen & Massaro 1993), so that neighbours shape each other; closures are then made whole.
 * Times are milliseconds on one timeline, that of the sound as it is heard; the mouth leads it by itself.
 *
 * Marks may arrive while the track plays. A time that was asked for has become past: what is appended later does not change it
 * and comes in smoothly after the latest time asked for. Shapes can be asked for at any rate and back to 5 s before that time.
 */
export class MouthTrack {
  readonly #loudnessAt: ((tMs: number) => number) | null;
  #stretches: Stretch[] = [newStretch(Number.NEGATIVE_INFINITY)];
  #askedMs = Number.NEGATIVE_INFINITY;

  readonly #sum = new Float64Array(SIZE);
  readonly #say = new Float64Array(CHANNELS.length);
  readonly #shape = new Float64Array(SIZE);
  readonly #out = new Float64Array(SIZE);

  constructor(marks: readonly PhonemeMark[] = [], options: MouthTrackOptions = {}) {
    this.#loudnessAt = options.loudnessAt ?? null;
    this.append(marks, 0);
  }

  /** Adds marks whose zero is at `offsetMs` of the track. Marks come in the order of their times; broken ones are skipped. */
  append(marks: readonly PhonemeMark[], offsetMs: number): void {
    const stretch = this.#stretches.at(-1)!;
    const knownFromMs = Math.max(this.#askedMs, stretch.fromMs);
    for (const mark of marks) {
      const startMs = mark.startMs + offsetMs;
      const endMs = mark.endMs + offsetMs;
      if (Number.isFinite(startMs) && Number.isFinite(endMs) && endMs >= startMs) {
        addMark(stretch, { phoneme: mark.phoneme, startMs, endMs }, knownFromMs);
      }
    }
    stretch.gestures.sort((a, b) => a.fromMs - b.fromMs);
    stretch.closures.sort((a, b) => a.attackFromMs - b.attackFromMs);
  }

  /**
   * Stops speech: the mouth closes from `tMs` on, within 120 ms, and what was known of later sounds is forgotten. A time that
   * was already asked for counts as the latest such time. Marks appended afterwards are new speech.
   */
  cutAt(tMs: number): void {
    this.#stretches.push(newStretch(Math.max(tMs, this.#askedMs)));
  }

  /**
   * Sounds from `fromMs` on are heard `byMs` later (negative: sooner) than their marks said; one that sounds then is lengthened.
   * What was already asked for stays as it was.
   */
  moveFrom(fromMs: number, byMs: number): void {
    const stretch = this.#stretches.at(-1)!;
    const mouthMs = Math.max(fromMs - LEAD_MS, this.#askedMs);
    for (const gesture of stretch.gestures) {
      gesture.fromMs += gesture.fromMs >= mouthMs ? byMs : 0;
      gesture.toMs = Math.max(gesture.fromMs, gesture.toMs + (gesture.toMs > mouthMs ? byMs : 0));
      stretch.longestGestureMs = Math.max(stretch.longestGestureMs, gesture.toMs - gesture.fromMs);
    }
    for (const closure of stretch.closures) {
      const ahead = closure.attackFromMs >= mouthMs;
      closure.attackFromMs += ahead ? byMs : 0;
      closure.fromMs += ahead ? byMs : 0;
      const after = closure.toMs > mouthMs ? byMs : 0;
      closure.toMs = Math.max(closure.fromMs, closure.toMs + after);
      closure.releaseToMs += after;
    }
    stretch.lastEndMs += stretch.lastEndMs > fromMs ? byMs : 0;
    stretch.gestures.sort((a, b) => a.fromMs - b.fromMs);
    stretch.closures.sort((a, b) => a.attackFromMs - b.attackFromMs);
  }

  /** End of the last sound that is known, or minus infinity. */
  get endMs(): number {
    return this.#stretches.at(-1)!.lastEndMs;
  }

  /** How many gestures are held in memory. */
  get size(): number {
    return this.#stretches.reduce((sum, stretch) => sum + stretch.gestures.length, 0);
  }

  /** The mouth at `tMs`. Every weight is within 0..1. */
  shapeAt(tMs: number): MouthShape {
    if (tMs > this.#askedMs) {
      this.#askedMs = tMs;
      this.#forget(tMs - HISTORY_MS);
    }
    const out = this.#out.fill(0);
    for (const stretch of this.#stretches) {
      const share =
        stretch.fromMs === Number.NEGATIVE_INFINITY ? 1 : smooth((tMs - stretch.fromMs) / CUT_MS);
      if (share === 0) {
        continue;
      }
      this.#draw(stretch, tMs);
      for (let i = 0; i < SIZE; i++) {
        out[i] = out[i]! * (1 - share) + this.#shape[i]! * share;
      }
    }
    return toShape(out);
  }

  /** Leaves the mouth of one stretch at `tMs` in `#shape`. */
  #draw(stretch: Stretch, tMs: number): void {
    const sum = this.#sum.fill(0);
    const say = this.#say.fill(REST);
    const gestures = stretch.gestures;
    const earliestMs = tMs - REACH_AFTER_MS - stretch.longestGestureMs;
    for (let g = firstFrom(gestures, earliestMs); g < gestures.length; g++) {
      const gesture = gestures[g]!;
      if (gesture.fromMs > tMs + REACH_BEFORE_MS) {
        break;
      }
      this.#add(gesture, tMs);
    }
    const shape = this.#shape;
    for (let i = 0; i < SIZE; i++) {
      shape[i] = sum[i]! / say[CHANNEL_INDEX[i]!]!;
    }
    const loudness = this.#loudnessAt?.(tMs) ?? Number.NaN;
    if (Number.isFinite(loudness)) {
      const gain = 1 + LOUDNESS_SHARE * (Math.min(1, Math.max(0, loudness)) - 0.5);
      shape[AT.jawOpen] = shape[AT.jawOpen]! * gain;
    }
    close(stretch.closures, tMs, shape);
  }

  /** Adds what one gesture says at `tMs`, group by group. */
  #add(gesture: Gesture, tMs: number): void {
    if (tMs <= gesture.knownFromMs) {
      return;
    }
    const beforeMs = gesture.fromMs - tMs;
    const afterMs = tMs - gesture.toMs;
    if (afterMs > REACH_AFTER_MS) {
      return;
    }
    const fadeIn = smooth((tMs - gesture.knownFromMs) / FADE_IN_MS);
    const sum = this.#sum;
    for (let c = 0; c < CHANNELS.length; c++) {
      const channel: Channel = CHANNELS[c]!;
      const away =
        beforeMs > 0 ? beforeMs * RISE[channel] : afterMs > 0 ? afterMs * FALL[channel] : 0;
      const dominance =
        fadeIn * gesture.strength[channel] * (away === 0 ? 1 : Math.exp(-(away ** EXPONENT)));
      this.#say[c] = this.#say[c]! + dominance;
      for (let i = 0; i < SIZE; i++) {
        if (CHANNEL_INDEX[i] === c) {
          sum[i] = sum[i]! + dominance * gesture.target[i]!;
        }
      }
    }
  }

  #forget(untilMs: number): void {
    while (this.#stretches.length > 1 && this.#stretches[1]!.fromMs + CUT_MS < untilMs) {
      this.#stretches.shift();
    }
    for (const stretch of this.#stretches) {
      const first = stretch.gestures[0];
      if (first !== undefined && first.toMs + REACH_AFTER_MS < untilMs) {
        stretch.gestures = stretch.gestures.filter((g) => g.toMs + REACH_AFTER_MS >= untilMs);
        stretch.closures = stretch.closures.filter((c) => c.releaseToMs >= untilMs);
      }
    }
  }
}

function newStretch(fromMs: number): Stretch {
  return {
    fromMs,
    gestures: [],
    closures: [],
    longestGestureMs: 0,
    lastEndMs: Number.NEGATIVE_INFINITY,
    lastSoundMs: REST_MS,
    atRest: true,
    breathFromMs: null,
  };
}

function addMark(stretch: Stretch, mark: PhonemeMark, knownFromMs: number): void {
  const durationMs = mark.endMs - mark.startMs;
  if (mark.startMs - stretch.lastEndMs >= REST_MS) {
    stretch.atRest = true;
    stretch.breathFromMs = null;
  }
  const gestures = gesturesOf(
    mark,
    stretch.atRest ? (stretch.breathFromMs ?? mark.startMs) : null,
    knownFromMs,
  );
  for (const gesture of gestures) {
    stretch.longestGestureMs = Math.max(stretch.longestGestureMs, gesture.toMs - gesture.fromMs);
    stretch.gestures.push(gesture);
  }
  const closure = closureOf(mark, stretch.lastSoundMs, knownFromMs);
  if (closure !== null) {
    stretch.closures.push(closure);
  }
  if (isSilence(mark.phoneme)) {
    stretch.atRest ||= durationMs >= REST_MS;
    stretch.breathFromMs = null;
  } else if (gestures.length > 0) {
    stretch.atRest = false;
    stretch.breathFromMs = null;
  } else if (stretch.atRest) {
    stretch.breathFromMs ??= mark.startMs;
  }
  stretch.lastEndMs = Math.max(stretch.lastEndMs, mark.endMs);
  stretch.lastSoundMs = durationMs;
}

/** The first gesture that begins at or after `fromMs`. */
function firstFrom(gestures: readonly Gesture[], fromMs: number): number {
  let low = 0;
  let high = gestures.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (gestures[middle]!.fromMs < fromMs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** What a closed mouth keeps of its neighbours: most of the rounding, some of the jaw behind the lips, all of the tongue. */
const KEPT_ROUNDING = 0.65;
const KEPT_JAW = 0.25;
const KEPT_JAW_ON_TEETH = 0.25;

/** Makes the closures of `tMs` on top of the blended mouth: first the lip on the teeth, then the shut lips over it. */
function close(closures: readonly Closure[], tMs: number, shape: Float64Array): void {
  let lips = 0;
  let teeth = 0;
  for (const closure of closures) {
    if (closure.attackFromMs > tMs) {
      break;
    }
    const made = closureAt(closure, tMs);
    if (closure.kind === 'lips') {
      lips = Math.max(lips, made);
    } else {
      teeth = Math.max(teeth, made);
    }
  }
  if (teeth > 0) {
    towards(shape, teeth, VISEME_SHAPES.FF, KEPT_JAW_ON_TEETH);
  }
  if (lips > 0) {
    towards(shape, lips, VISEME_SHAPES.PP, KEPT_JAW);
  }
}

function towards(shape: Float64Array, made: number, target: MouthShape, keptJaw: number): void {
  for (let i = 0; i < SIZE; i++) {
    const name = MOUTH_WEIGHTS[i]!;
    const channel = CHANNEL_OF[name];
    if (channel === 'tongue') {
      continue;
    }
    const now = shape[i]!;
    let goal = target[name];
    if (name === 'mouthRollLower') {
      // A lip that is tucked for a neighbouring f or v stays so behind shut lips, so neither closure hides the other.
      goal = Math.max(goal, now);
    } else if (channel === 'rounding') {
      goal = KEPT_ROUNDING * now + (1 - KEPT_ROUNDING) * goal;
    } else if (channel === 'jaw') {
      goal = Math.max(goal, keptJaw * now);
    }
    shape[i] = now + (goal - now) * made;
  }
}

function toShape(values: Float64Array): MouthShape {
  const shape: Record<MouthWeight, number> = { ...NEUTRAL_MOUTH };
  for (let i = 0; i < SIZE; i++) {
    shape[MOUTH_WEIGHTS[i]!] = Math.min(1, Math.max(0, values[i]!));
  }
  return shape;
}
