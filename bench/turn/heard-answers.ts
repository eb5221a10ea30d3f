/** The avatar's answers in what a witness heard: when each one's words began, and how its mouth went with them. */
import type { TextToSpeech } from '#media/ports.ts';
import { findSoundFar } from './alignment.ts';
import { audibleStretches, firstStretchFrom, type Stretch } from './audible.ts';
import { closureSkew } from './closure-skew.ts';
import { speakAgain, type SpokenAnswer } from './spoken-answer.ts';
import type { TalkRecord } from './talk.ts';
import type { HeardAnswer } from './turn-outcome.ts';
import type { ReadSegment, Testimony } from './witness.ts';

export interface AnswersHeard {
  answers: HeardAnswer[];
  /** Skew of each closure that could be told, in ms; positive when the picture leads more than designed. */
  skewsMs: number[];
  /** Closures that were heard, told or not. */
  closures: number;
}

/** A caption belongs to a change of state when its first word comes within this of it. */
const CAPTION_BEFORE_MS = 400;
const CAPTION_AFTER_MS = 2_000;
/** The sound comes so much before or after the state, which travels another way. */
const SOUND_BEFORE_MS = 300;
const SOUND_AFTER_MS = 1_500;
/** 700 ms of speech are like themselves at one place only. */
const TEMPLATE_MS = 700;
const LEAST_SCORE = 0.4;
/** Around a closure the sound is found again, because the receiver stretches time a little. */
const CLOSURE_TEMPLATE_MS = 300;
const CLOSURE_REACH_MS = 120;
const SENTENCE_ENDED = /[.!?…][)"'”’]*\s*$/u;

export async function hearAnswers(
  record: TalkRecord,
  engine: TextToSpeech,
  withPictures: boolean,
): Promise<AnswersHeard> {
  const { testimony, voiceId } = record;
  const stretches = audibleStretches(testimony.levels);
  const claimed = new Set<string>();
  const heard: AnswersHeard = { answers: [], skewsMs: [], closures: 0 };
  for (const { atMs, state } of testimony.states) {
    if (state !== 'speaking') {
      continue;
    }
    const caption = testimony.answers.find(
      ({ segmentId, firstAtMs }) =>
        !claimed.has(segmentId) &&
        firstAtMs > atMs - CAPTION_BEFORE_MS &&
        firstAtMs < atMs + CAPTION_AFTER_MS,
    );
    if (caption === undefined) {
      const sounding = soundNear(stretches, atMs);
      if (sounding !== undefined) {
        heard.answers.push({ firstWordMs: sounding, endsByItselfMs: undefined, resumed: true });
      }
      continue;
    }
    claimed.add(caption.segmentId);
    await hearOne(caption, atMs, { testimony, voiceId, engine, stretches, withPictures }, heard);
  }
  heard.answers.sort((a, b) => a.firstWordMs - b.firstWordMs);
  return heard;
}

interface Hearing {
  testimony: Testimony;
  voiceId: string;
  engine: TextToSpeech;
  stretches: readonly Stretch[];
  withPictures: boolean;
}

async function hearOne(
  caption: ReadSegment,
  stateAtMs: number,
  hearing: Hearing,
  heard: AnswersHeard,
): Promise<void> {
  const { testimony, stretches } = hearing;
  const spoken = await speakAgain(caption.text.trim(), hearing.engine, hearing.voiceId);
  const from = locate(spoken, testimony, stateAtMs);
  if (from === undefined) {
    const sounding = soundNear(stretches, stateAtMs);
    if (sounding !== undefined) {
      heard.answers.push({ firstWordMs: sounding, endsByItselfMs: undefined, resumed: false });
    }
    return;
  }
  const part = spoken.parts[0]!;
  const startMs = testimony.timeOf(from) - part.audibleMs;
  heard.answers.push({
    firstWordMs: startMs + part.audibleMs,
    endsByItselfMs: SENTENCE_ENDED.test(caption.text)
      ? startMs + audibleEndMs(spoken.samples, spoken.sampleRateHz)
      : undefined,
    resumed: false,
  });
  if (hearing.withPictures) {
    const seen = skewsOf(spoken, testimony, startMs);
    heard.skewsMs.push(...seen.skewsMs);
    heard.closures += seen.closures;
  }
}

/** The sample at which the first audible sound of the answer was heard. */
function locate(spoken: SpokenAnswer, testimony: Testimony, stateAtMs: number): number | undefined {
  const part = spoken.parts[0];
  if (part === undefined) {
    return undefined;
  }
  const first = Math.round((part.audibleMs * spoken.sampleRateHz) / 1_000);
  const template = spoken.samples.subarray(
    first,
    first + (TEMPLATE_MS * spoken.sampleRateHz) / 1_000,
  );
  const match = findSoundFar(
    testimony.samples,
    template,
    testimony.indexAt(stateAtMs - SOUND_BEFORE_MS),
    testimony.indexAt(stateAtMs + SOUND_AFTER_MS),
  );
  return match === undefined || match.score < LEAST_SCORE ? undefined : match.at;
}

/** Where sound begins near a change of state; the change itself when something sounded already. */
function soundNear(stretches: readonly Stretch[], stateAtMs: number): number | undefined {
  const next = firstStretchFrom(stretches, stateAtMs - SOUND_BEFORE_MS);
  return next !== undefined && next.startMs < stateAtMs + SOUND_AFTER_MS ? next.startMs : undefined;
}

function skewsOf(
  spoken: SpokenAnswer,
  testimony: Testimony,
  startMs: number,
): { skewsMs: number[]; closures: number } {
  const skewsMs: number[] = [];
  let closures = 0;
  let offsetMs = startMs;
  const around = (CLOSURE_TEMPLATE_MS * spoken.sampleRateHz) / 1_000;
  for (const { heardMs, seenMs } of spoken.closures) {
    const middle = Math.round((heardMs * spoken.sampleRateHz) / 1_000);
    const first = Math.max(0, middle - around);
    const template = spoken.samples.subarray(first, middle + around);
    const expected = testimony.indexAt(offsetMs + (first * 1_000) / spoken.sampleRateHz);
    const reach = (CLOSURE_REACH_MS * spoken.sampleRateHz) / 1_000;
    const match = findSoundFar(testimony.samples, template, expected - reach, expected + reach);
    if (match === undefined || match.score < LEAST_SCORE) {
      continue;
    }
    closures += 1;
    offsetMs = testimony.timeOf(match.at) - (first * 1_000) / spoken.sampleRateHz;
    const pictures = testimony.pictures
      .filter(({ atMs }) => Math.abs(atMs - offsetMs - seenMs) < 500)
      .map(({ atMs, gap }) => ({ atMs: atMs - offsetMs, gap }));
    const skew = closureSkew(pictures, spoken.expectedGap, seenMs);
    if (skew !== undefined) {
      skewsMs.push(skew.skewMs);
    }
  }
  return { skewsMs, closures };
}

function audibleEndMs(samples: Int16Array, sampleRateHz: number): number {
  const last = samples.findLastIndex((sample) => Math.abs(sample) > 150);
  return (Math.max(0, last) * 1_000) / sampleRateHz;
}
