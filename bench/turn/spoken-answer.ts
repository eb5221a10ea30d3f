/** What an answer should sound and look like: the same voice speaks the caption again, with its marks. */
import type { PhonemeMark, SpeechChunk, TextToSpeech } from '#media/ports.ts';
import { MouthTrack } from '#media/visemes/mouth-track.ts';
import { closureTimes, lipOpening } from '#media/visemes/sync.ts';
import type { ExpectedGap } from './closure-skew.ts';

/** One chunk of the answer on the answer's own timeline. */
export interface SpokenPart {
  samples: Int16Array;
  startMs: number;
  /** First sample that can be heard. */
  audibleMs: number;
}

export interface SpokenAnswer {
  sampleRateHz: number;
  parts: SpokenPart[];
  /** The whole sound. */
  samples: Int16Array;
  /** Middles of the bilabial closures, when they are to be seen, and of their sounds. */
  closures: { seenMs: number; heardMs: number }[];
  /** How far the lips should be apart when the sound at `tMs` is heard. The designed lead of the mouth is in it. */
  expectedGap: ExpectedGap;
}

const SENTENCE_END = /(?<=[.!?…][)"'”’]*)\s+/u;
/** Relative to the loudest 10 ms of the part: what lies below is the voice's own lead-in. */
const AUDIBLE_SHARE = 0.02;
const GAP_STEP_MS = 4;

export async function speakAgain(
  text: string,
  engine: TextToSpeech,
  voiceId: string,
): Promise<SpokenAnswer> {
  const parts: SpokenPart[] = [];
  const marks: PhonemeMark[] = [];
  let samplesSoFar = 0;
  for (const sentence of text.split(SENTENCE_END)) {
    for await (const chunk of engine.synthesize(sentence, voiceId)) {
      const startMs = (samplesSoFar * 1_000) / engine.sampleRateHz;
      parts.push({ samples: chunk.samples, startMs, audibleMs: startMs + audibleFromMs(chunk) });
      marks.push(
        ...chunk.phonemes.map((mark) => ({
          ...mark,
          startMs: mark.startMs + startMs,
          endMs: mark.endMs + startMs,
        })),
      );
      samplesSoFar += chunk.samples.length;
    }
  }
  const samples = new Int16Array(samplesSoFar);
  let at = 0;
  for (const part of parts) {
    samples.set(part.samples, at);
    at += part.samples.length;
  }
  return {
    sampleRateHz: engine.sampleRateHz,
    parts,
    samples,
    closures: closureTimes(marks)
      .filter(({ kind }) => kind === 'lips')
      .map(({ seenFromMs, seenToMs, heardFromMs, heardToMs }) => ({
        seenMs: (seenFromMs + seenToMs) / 2,
        heardMs: (heardFromMs + heardToMs) / 2,
      })),
    expectedGap: gapTable(marks, (samplesSoFar * 1_000) / engine.sampleRateHz),
  };
}

function audibleFromMs(chunk: SpeechChunk): number {
  const window = chunk.sampleRateHz / 100;
  const levels: number[] = [];
  for (let at = 0; at + window <= chunk.samples.length; at += window) {
    let energy = 0;
    for (let index = at; index < at + window; index += 1) {
      energy += chunk.samples[index]! ** 2;
    }
    levels.push(Math.sqrt(energy / window));
  }
  const loudest = Math.max(0, ...levels);
  return (
    Math.max(
      0,
      levels.findIndex((level) => level > AUDIBLE_SHARE * loudest),
    ) * 10
  );
}

function gapTable(marks: readonly PhonemeMark[], lengthMs: number): ExpectedGap {
  const track = new MouthTrack(marks);
  const fromMs = -500;
  const count = Math.ceil((lengthMs + 1_000) / GAP_STEP_MS);
  const gaps = Array.from({ length: count }, (_, index) =>
    lipOpening(track.shapeAt(fromMs + index * GAP_STEP_MS)),
  );
  return (tMs) => {
    const index = Math.round((tMs - fromMs) / GAP_STEP_MS);
    return gaps[Math.max(0, Math.min(gaps.length - 1, index))] ?? 0;
  };
}
