import { MOUTH_WEIGHTS, NEUTRAL_MOUTH } from '#media/face/pose.ts';
import type { MouthWeight } from '#media/face/pose.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { isSilence, isVowel, soundOf } from './arpabet.ts';
import type { SoundPart } from './arpabet.ts';
import { VISEME_SHAPES } from './shapes.ts';
import type { Viseme } from './viseme.ts';

/** The groups of articulators that move on their own: each sound insists on some of them and leaves the others alone. */
export const CHANNELS = ['jaw', 'rounding', 'lips', 'tongue'] as const;
export type Channel = (typeof CHANNELS)[number];
export type PerChannel = Readonly<Record<Channel, number>>;

/** Which group moves which weight. */
export const CHANNEL_OF: Readonly<Record<MouthWeight, Channel>> = {
  jawOpen: 'jaw',
  mouthClose: 'lips',
  mouthFunnel: 'rounding',
  mouthPucker: 'rounding',
  mouthStretch: 'rounding',
  mouthPress: 'lips',
  mouthRollLower: 'lips',
  mouthUpperUp: 'lips',
  mouthLowerDown: 'lips',
  tongueUp: 'tongue',
  tongueOut: 'tongue',
  tongueBack: 'tongue',
};

/**
 * How strongly each viseme insists on its own position of each group (Cohen & Massaro's alpha). Vowels own the jaw,
 * sibilants need the teeth together, rounded sounds round their whole syllable, lip sounds leave the tongue free, and
 * what happens at the back of the mouth insists on nothing. Silence is weak, so that a short pause does not shut the mouth.
 * The lips of PP and FF are not blended: `closure.ts` shuts them.
 */
const DOMINANCE: Readonly<Record<Viseme, PerChannel>> = {
  sil: { jaw: 0.22, rounding: 0.16, lips: 0.22, tongue: 0.3 },
  PP: { jaw: 0.5, rounding: 0.12, lips: 0.5, tongue: 0.05 },
  FF: { jaw: 0.6, rounding: 0.2, lips: 0.5, tongue: 0.08 },
  TH: { jaw: 0.55, rounding: 0.2, lips: 0.7, tongue: 1.6 },
  DD: { jaw: 0.42, rounding: 0.12, lips: 0.5, tongue: 1.4 },
  kk: { jaw: 0.2, rounding: 0.08, lips: 0.2, tongue: 1.1 },
  CH: { jaw: 0.9, rounding: 1.3, lips: 1.2, tongue: 0.6 },
  SS: { jaw: 1, rounding: 0.4, lips: 1.1, tongue: 0.7 },
  nn: { jaw: 0.4, rounding: 0.12, lips: 0.4, tongue: 1.4 },
  RR: { jaw: 0.5, rounding: 0.9, lips: 0.5, tongue: 0.9 },
  aa: { jaw: 1.7, rounding: 0.8, lips: 1, tongue: 0.8 },
  E: { jaw: 1.4, rounding: 0.8, lips: 1.1, tongue: 0.8 },
  ih: { jaw: 1.1, rounding: 0.9, lips: 1.1, tongue: 0.8 },
  oh: { jaw: 1.5, rounding: 1.6, lips: 1, tongue: 0.8 },
  ou: { jaw: 1.2, rounding: 2, lips: 1, tongue: 0.8 },
};

/** One stretch of sound as the mouth makes it, on the timeline of the mouth (the sound's, less its lead). */
export interface Gesture {
  /** The gesture insists fully from here */
  fromMs: number;
  /** to here. */
  toMs: number;
  strength: PerChannel;
  target: Float64Array;
  /** Before this moment the gesture was not known, so it does not act; it comes in softly after it. */
  knownFromMs: number;
}

/** The mouth leads the sound by one video frame in running speech (Schwartz & Savariaux 2014). */
export const LEAD_MS = 40;
/**
 * Out of rest the mouth is in place this long before the sound, however long the sound; with its rise before that, it is
 * visibly open 80–120 ms ahead.
 */
export const ONSET_LEAD_MS = 20;
/** Silence insists only at first: then nothing else acts, and the mouth rests anyway. */
const LONGEST_SILENCE_MS = 600;
/** A vowel of this length or longer opens the jaw fully; shorter ones, less. */
const FULL_JAW_MS = 130;
const SHORTEST_JAW = 0.78;

/** The gestures of one mark. `onsetMs` is when speech began, if the mouth was at rest before it. */
export function gesturesOf(
  mark: PhonemeMark,
  onsetMs: number | null,
  knownFromMs: number,
): Gesture[] {
  const silence = isSilence(mark.phoneme);
  const durationMs = Math.max(0, mark.endMs - mark.startMs);
  const lengthMs = silence ? Math.min(durationMs, LONGEST_SILENCE_MS) : durationMs;
  const jawGain = isVowel(mark.phoneme)
    ? SHORTEST_JAW + (1 - SHORTEST_JAW) * Math.min(1, durationMs / FULL_JAW_MS)
    : 1;
  const gestures: Gesture[] = [];
  let startMs = mark.startMs - LEAD_MS;
  for (const part of soundOf(mark.phoneme)) {
    const partMs = lengthMs * part.share;
    // The middle half of the stretch is held; what lies around it belongs to the transitions.
    const holdMs = partMs / 2;
    const heldFromMs = startMs + (partMs - holdMs) / 2;
    const onset = onsetMs !== null && gestures.length === 0 && !silence;
    gestures.push({
      fromMs: onset ? Math.min(heldFromMs, onsetMs - ONSET_LEAD_MS) : heldFromMs,
      toMs: startMs + (partMs + holdMs) / 2,
      strength: strengthOf(part),
      target: targetOf(part, jawGain),
      knownFromMs,
    });
    startMs += partMs;
  }
  return gestures;
}

function strengthOf(part: SoundPart): PerChannel {
  const strength = { jaw: 0, rounding: 0, lips: 0, tongue: 0 };
  let weightSum = 0;
  for (const [viseme, weight] of part.blend) {
    for (const channel of CHANNELS) {
      strength[channel] += weight * DOMINANCE[viseme][channel];
    }
    weightSum += weight;
  }
  for (const channel of CHANNELS) {
    strength[channel] *= part.strength / Math.max(weightSum, 1e-6);
  }
  return strength;
}

function targetOf(part: SoundPart, jawGain: number): Float64Array {
  const target = new Float64Array(MOUTH_WEIGHTS.length);
  for (const [viseme, weight] of part.blend) {
    const shape = viseme === 'PP' ? LIPS_OF_PP : VISEME_SHAPES[viseme];
    MOUTH_WEIGHTS.forEach((name, i) => {
      target[i] = (target[i] ?? 0) + weight * shape[name] * (name === 'jawOpen' ? jawGain : 1);
    });
  }
  return target;
}

/** Around its closure a bilabial brings the lips together without pressing them; the closure itself presses. */
const LIPS_OF_PP = NEUTRAL_MOUTH;
