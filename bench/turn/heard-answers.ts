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
  /** Answers whose words were found by their sound; the others are timed by the first sound near their start. */
  located: number;
}

/** Captions are written as their words sound; their first word and its sound are at most this far apart. */
const SOUND_BEFORE_MS = 500;
const SOUND_AFTER_MS = 1_500;
/** A change to `speaking` so much before or after the first caption of an answer announces that answer. */
const STATE_BEFORE_MS = 3_000;
const STATE_AFTER_MS = 500;
/** Silence between the sentences of one answer is shorter than this. */
const GAP_MS = 450;
/** Speech longer than a murmur that no caption begins is an earlier answer, taken up again. */
const LONGEST_MURMUR_MS = 700;
/** 700 ms of speech are like themselves at one place only. */
const TEMPLATE_MS = 700;
const LEAST_TEMPLATE_MS = 200;
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
  const heard: AnswersHeard = { answers: [], skewsMs: [], closures: 0, located: 0 };
  for (const caption of testimony.answers) {
    await hearOne(caption, { testimony, voiceId, engine, stretches, withPictures }, heard);
  }
  for (const { atMs, state } of testimony.states) {
    const announces = testimony.answers.some(
      ({ firstAtMs }) => firstAtMs > atMs - STATE_AFTER_MS && firstAtMs < atMs + STATE_BEFORE_MS,
    );
    const sounding = soundNear(stretches, atMs);
    if (state === 'speaking' && !announces && sounding !== undefined) {
      heard.answers.push({ firstWordMs: sounding, endsByItselfMs: undefined, resumed: true });
    }
  }
  for (const { startMs, endMs } of audibleStretches(testimony.levels, { bridgeMs: GAP_MS })) {
    const known = heard.answers.some(
      ({ firstWordMs }) => firstWordMs > startMs - GAP_MS && firstWordMs < endMs,
    );
    if (!known && endMs - startMs >= LONGEST_MURMUR_MS) {
      heard.answers.push({ firstWordMs: startMs, endsByItselfMs: undefined, resumed: true });
    }
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

async function hearOne(caption: ReadSegment, hearing: Hearing, heard: AnswersHeard): Promise<void> {
  const { testimony, stretches } = hearing;
  const spoken = await speakAgain(caption.text.trim(), hearing.engine, hearing.voiceId);
  const from = locate(spoken, testimony, caption.firstAtMs);
  if (from === undefined) {
    const sounding = soundNear(stretches, caption.firstAtMs);
    if (sounding !== undefined) {
      heard.answers.push({ firstWordMs: sounding, endsByItselfMs: undefined, resumed: false });
    }
    return;
  }
  heard.located += 1;
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
function locate(spoken: SpokenAnswer, testimony: Testimony, aboutMs: number): number | undefined {
  const part = spoken.parts[0];
  if (part === undefined) {
    return undefined;
  }
  // The first part alone: an answer that was stopped may never have come to the second.
  const first = Math.round(((part.audibleMs - part.startMs) * spoken.sampleRateHz) / 1_000);
  const template = part.samples.subarray(
    first,
    first + (TEMPLATE_MS * spoken.sampleRateHz) / 1_000,
  );
  if (template.length < (LEAST_TEMPLATE_MS * spoken.sampleRateHz) / 1_000) {
    return undefined;
  }
  const match = findSoundFar(
    testimony.samples,
    template,
    testimony.indexAt(aboutMs - SOUND_BEFORE_MS),
    testimony.indexAt(aboutMs + SOUND_AFTER_MS),
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
