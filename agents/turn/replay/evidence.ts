import localInference from '@livekit/local-inference';
import { LogMelWindow } from '../smart-turn/log-mel-window.ts';
import type { TurnModel } from '../smart-turn/smart-turn-model.ts';
import type { Silence } from './corpus.ts';
import { SAMPLE_RATE_HZ } from './recording.ts';

const { createVad, predict, VAD_WINDOW_SAMPLES } = localInference;

/** The framework's thresholds: speech begins at 0.5 and goes on above 0.35. */
const ACTIVATION = 0.5;
const DEACTIVATION = 0.35;
const HOP_MS = (VAD_WINDOW_SAMPLES / SAMPLE_RATE_HZ) * 1000;
/** 50 ms of speech must pass before it counts. */
const ONSET_HOPS = 2;
/** Sound from this long before the first voiced hop belongs to the turn. */
const PREROLL_MS = 500;

/** What the ear knows about one silence. Times are milliseconds of silence since the last voiced hop. */
export interface HeardSilence {
  id: string;
  /** When the last voiced hop ended, after the last audible sound: the VAD's own lag. */
  vadLagMs: number;
  /** Voiced time in this utterance so far. */
  speechMs: number;
  /** Voiced time since the previous pause of at least 200 ms. */
  runMs: number;
  /** Smart-turn's answers by silence. */
  smartTurn: Record<number, number>;
  /** The bundled end-of-turn model's answers by silence. */
  bundled: Record<number, number>;
}

/** The silences, in hops, at which the models are asked. */
export const ASKED_HOPS = [2, 3, 4, 5, 6, 7, 9, 12] as const;

/** Plays `silence` through the real VAD and asks both models at each of `ASKED_HOPS`. */
export async function hear(silence: Silence, model: TurnModel): Promise<HeardSilence> {
  const voiced = await voicedHops(silence.samples);
  const soundEndHop = silence.soundEndMs / HOP_MS;
  // A hop that begins more than 200 ms after the sound is the room's noise, not the speaker.
  const last = voiced.findLastIndex((is, hop) => is && hop < soundEndHop + 200 / HOP_MS);
  const first = voiced.indexOf(true);
  const turnStart = Math.max(
    0,
    Math.round(((first * HOP_MS - PREROLL_MS) * SAMPLE_RATE_HZ) / 1000),
  );
  const heard: HeardSilence = {
    id: silence.id,
    vadLagMs: (last + 1) * HOP_MS - silence.soundEndMs,
    speechMs: voiced.slice(0, last + 1).filter(Boolean).length * HOP_MS,
    runMs: runLength(voiced, last) * HOP_MS,
    smartTurn: {},
    bundled: {},
  };
  const mel = new LogMelWindow();
  let pushed = turnStart;
  for (const hops of ASKED_HOPS) {
    const end = (last + 1 + hops) * VAD_WINDOW_SAMPLES;
    mel.push(silence.samples.subarray(pushed, end));
    pushed = end;
    const ms = hops * HOP_MS;
    heard.smartTurn[ms] = await model.probability(mel.features());
    heard.bundled[ms] = await predict(
      silence.samples.slice(Math.max(0, end - 1.2 * SAMPLE_RATE_HZ), end),
    );
  }
  return heard;
}

async function voicedHops(samples: Int16Array): Promise<boolean[]> {
  const vad = createVad();
  const voiced: boolean[] = [];
  let speaking = false;
  let streak = 0;
  for (let at = 0; at + VAD_WINDOW_SAMPLES <= samples.length; at += VAD_WINDOW_SAMPLES) {
    const probability = await vad.predict(samples.slice(at, at + VAD_WINDOW_SAMPLES));
    const speech = probability >= ACTIVATION || (speaking && probability > DEACTIVATION);
    streak = speech ? streak + 1 : 0;
    if (streak >= ONSET_HOPS) speaking = true;
    // The framework stops "speaking" after 250 ms; until then the lower threshold holds.
    if (!speech && voiced.slice(-7).every((is) => !is)) speaking = false;
    voiced.push(speech);
  }
  return voiced;
}

function runLength(voiced: readonly boolean[], last: number): number {
  let count = 0;
  let silent = 0;
  for (let hop = last; hop >= 0 && silent * HOP_MS < 200; hop -= 1) {
    if (voiced[hop] === true) {
      count += 1;
      silent = 0;
    } else {
      silent += 1;
    }
  }
  return count;
}
