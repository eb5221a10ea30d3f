/** One utterance on its way to the runtime's model `whisper` and back; gpu-runtime/models/whisper says what it takes. */
import { z } from 'zod';
import type { InferRequest, InferResponse, Priority } from '#gpu-runtime/ports.ts';
import {
  boolRow,
  floatRow,
  floatsOf,
  intRow,
  textOf,
  textRow,
} from '#gpu-runtime/client/tensors.ts';
import { RuntimeError } from '#gpu-runtime/client/errors.ts';
import type { Transcript, WordMark } from '#media/ports.ts';

export const WHISPER_MODEL = 'whisper';
export const WHISPER_SAMPLE_RATE_HZ = 16_000;
/** The model takes nothing shorter: 0.1 s. */
export const SHORTEST_SAMPLES = WHISPER_SAMPLE_RATE_HZ / 10;

export interface WhisperQuestion {
  /** Mono PCM at 16 kHz, -1 to 1. */
  samples: Float32Array;
  /** Whisper's code. */
  language: string;
  /** What was said before, in the same language. */
  prompt: string;
  /** Names and terms that may come. */
  hotwords: readonly string[];
  /** A caption: sooner, without the times of words, and less sure. */
  draft: boolean;
  session: string;
  priority: Priority;
  timeoutMs: number;
}

export interface HeardWord extends WordMark {
  /** 0..1. */
  confidence: number;
}

/** What Whisper heard; the times of the words are milliseconds from the first sample of the utterance. */
export interface WhisperTranscript extends Transcript {
  words: readonly HeardWord[];
}

const wordsSchema = z.array(
  z.object({ text: z.string(), startMs: z.number(), endMs: z.number(), confidence: z.number() }),
);

export function toRequest(question: WhisperQuestion): InferRequest {
  const { samples, session, priority, timeoutMs } = question;
  return {
    modelName: WHISPER_MODEL,
    modelVersion: '',
    id: '',
    inputs: [
      floatRow('SAMPLES', samples),
      intRow('LENGTH', samples.length),
      intRow('SAMPLE_RATE', WHISPER_SAMPLE_RATE_HZ),
      textRow('LANGUAGE', question.language),
      textRow('PROMPT', question.prompt),
      textRow('HOTWORDS', question.hotwords.join(', ')),
      boolRow('WORD_TIMES', !question.draft),
      boolRow('DRAFT', question.draft),
    ],
    outputs: ['TEXT', 'CONFIDENCE', 'WORDS'],
    scheduling: { priority, timeoutMs, session, batchKey: '' },
  };
}

/** Throws MODEL_FAILED where the answer is not what the model promises. */
export function readAnswer(response: InferResponse): Omit<WhisperTranscript, 'kind'> {
  const [confidence = Number.NaN] = floatsOf(response, 'CONFIDENCE');
  const words = wordsSchema.safeParse(parse(textOf(response, 'WORDS')));
  if (!words.success || !(confidence >= 0 && confidence <= 1)) {
    throw new RuntimeError('MODEL_FAILED', { detail: 'It gave no words or no confidence.' });
  }
  return { text: textOf(response, 'TEXT'), confidence, words: words.data };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
