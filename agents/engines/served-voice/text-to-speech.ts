/** Piper's and Kokoro's voices, spoken by a runtime: a chunk per clause, the next clauses asked for ahead. */
import { asRuntimeError } from '#gpu-runtime/errors.ts';
import type { InferenceService, Scheduling } from '#gpu-runtime/ports.ts';
import { MediaError } from '#media/errors.ts';
import type {
  CallOptions,
  SpeechChunk,
  TextToSpeech,
  VoiceDescription,
  WordMark,
} from '#media/ports.ts';
import { type Clause, clauseText, splitClauses } from '#media/speech/clauses.ts';
import { applyGain } from '#media/speech/loudness.ts';
import { type Boundary, toSpokenTokens } from '#media/speech/normalise.ts';
import { convertRate } from '#media/speech/rate-converter.ts';
import { setSilences } from '#media/speech/shaping.ts';
import { VoiceLevels } from '#media/speech/voice-levels.ts';
import { findWordTimes } from '../word-times.ts';
import { namesOf, phonemeMarks } from './phonemes.ts';
import {
  decodeSpeechAnswer,
  decodeVoices,
  encodeSpeechRequest,
  type ServedVoice,
  type SpeechAnswer,
} from './speech-request.ts';

export interface ServedTextToSpeechOptions {
  /** Stays the caller's: it is not closed with the voice. */
  service: Pick<InferenceService, 'infer'>;
  /** The runtime's model. */
  modelName: 'piper' | 'kokoro';
  /** Who asks: rooms share a runtime fairly. */
  session: string;
  /** 1 is as recorded; 0.5 to 2. */
  speed?: number;
}

/** Piper speaks at 22,050 Hz, which has no whole 10 ms frame; Kokoro at this rate. */
const SAMPLE_RATE_HZ = 24_000;
/** Clauses asked for while one is used; more would keep other rooms waiting for speech that may be interrupted. */
const CLAUSES_AHEAD = 2;
/** Later than this nobody waits for it. */
const LIVE_TIMEOUT_MS = 10_000;
const PREPARATION_TIMEOUT_MS = 60_000;
const LEAD_MS = 10;
const TRAIL_MS: Readonly<Record<Boundary, number>> = { none: 50, comma: 150, sentence: 300 };

const ENGINES = {
  piper: 'Piper, GPL-3.0, run as a process of its own',
  kokoro: 'Kokoro, Apache-2.0',
} as const;

export class ServedTextToSpeech implements TextToSpeech {
  readonly name: string;
  readonly sampleRateHz = SAMPLE_RATE_HZ;
  readonly voices: readonly VoiceDescription[];
  readonly #options: ServedTextToSpeechOptions;
  readonly #levels = new VoiceLevels();
  readonly #closing = new AbortController();

  private constructor(options: ServedTextToSpeechOptions, voices: readonly ServedVoice[]) {
    this.#options = options;
    this.name = options.modelName;
    this.voices = voices.map(({ id, language, gender, licence }) => ({
      id,
      language,
      gender,
      description: `${id} (${ENGINES[options.modelName]}). Licence of the voice: ${licence}.`,
    }));
  }

  /** Asks the runtime for its voices. Throws SYNTHESIS_FAILED where it has none, or is not there. */
  static async open(
    options: ServedTextToSpeechOptions,
    { signal }: CallOptions = {},
  ): Promise<ServedTextToSpeech> {
    try {
      const request = encodeSpeechRequest({
        modelName: options.modelName,
        text: '',
        voice: '',
        speed: 1,
        scheduling: schedulingOf(options, '', false),
      });
      const response = await options.service.infer(request, signal === undefined ? {} : { signal });
      return new ServedTextToSpeech(options, decodeVoices(response));
    } catch (error) {
      throw toMediaError(error);
    }
  }

  /** Loads a voice at the runtime and learns its level. Throws as `synthesize`. */
  async warmUp(voiceId = this.voices[0]?.id ?? ''): Promise<void> {
    const line = 'Well, I think that you are right about this, and so it was for me.';
    for await (const _chunk of this.synthesize(line, voiceId, { preparation: true })) {
      // The sound is not needed.
    }
  }

  /**
   * One chunk per clause. Silent text yields nothing. An abort withdraws every request in flight. Throws VOICE_UNKNOWN and
   * SYNTHESIS_FAILED, retryable where another try or another runtime may succeed.
   */
  async *synthesize(
    text: string,
    voiceId: string,
    options: CallOptions = {},
  ): AsyncGenerator<SpeechChunk> {
    const voice = this.#voice(voiceId);
    const clauses = splitClauses(toSpokenTokens(text, voice.language));
    const stop = new AbortController();
    const signal = AbortSignal.any([
      stop.signal,
      this.#closing.signal,
      ...(options.signal === undefined ? [] : [options.signal]),
    ]);
    const asked: Promise<SpeechChunk | undefined>[] = [];
    const askUpTo = (count: number): void => {
      while (asked.length < Math.min(count, clauses.length)) {
        const clause = clauses[asked.length]!;
        const chunk = this.#speakClause(clause, voice, options.preparation === true, signal);
        // A failure is met when its turn comes; until then it is not an unhandled one.
        chunk.catch(() => undefined);
        asked.push(chunk);
      }
    };
    try {
      askUpTo(1);
      for (let index = 0; index < clauses.length; index += 1) {
        const chunk = await asked[index];
        if (this.#closing.signal.aborted) {
          throw new MediaError('SYNTHESIS_FAILED', { detail: 'The voice has been closed.' });
        }
        if (signal.aborted) {
          return;
        }
        askUpTo(index + 1 + CLAUSES_AHEAD);
        if (chunk !== undefined) {
          yield chunk;
        }
      }
    } finally {
      stop.abort();
    }
  }

  /** What is being spoken ends with SYNTHESIS_FAILED. */
  close(): Promise<void> {
    this.#closing.abort();
    return Promise.resolve();
  }

  #voice(id: string): VoiceDescription {
    const voice = this.voices.find((candidate) => candidate.id === id);
    if (voice === undefined) {
      throw new MediaError('VOICE_UNKNOWN', {
        detail: `${this.name} has no voice “${id.slice(0, 60)}”.`,
      });
    }
    return voice;
  }

  /** Undefined where the clause has no sound, or nobody wants it any more. */
  async #speakClause(
    clause: Clause,
    voice: VoiceDescription,
    preparation: boolean,
    signal: AbortSignal,
  ): Promise<SpeechChunk | undefined> {
    if (signal.aborted) {
      return undefined;
    }
    const { service, modelName, speed = 1 } = this.#options;
    const request = encodeSpeechRequest({
      modelName,
      text: clauseText(clause),
      voice: voice.id,
      speed,
      scheduling: schedulingOf(this.#options, voice.id, preparation),
    });
    try {
      const answer = decodeSpeechAnswer(await service.infer(request, { signal }));
      return this.#finish(clause, voice, answer);
    } catch (error) {
      if (signal.aborted) {
        return undefined;
      }
      throw toMediaError(error);
    }
  }

  #finish(clause: Clause, voice: VoiceDescription, answer: SpeechAnswer): SpeechChunk | undefined {
    const { sampleRateHz } = answer;
    const phonemes = phonemeMarks(answer, answer.samples, sampleRateHz);
    if (phonemes.every(({ phoneme }) => phoneme === 'pau')) {
      return undefined;
    }
    const words = wordMarks(clause, phonemes, answer.words);
    this.#learnLevel(voice.id, answer);
    const samples = convertRate(answer.samples, sampleRateHz, SAMPLE_RATE_HZ);
    applyGain(samples, this.#levels.gainDb(voice.id));
    return setSilences(
      { samples, sampleRateHz: SAMPLE_RATE_HZ, phonemes, words },
      { leadMs: LEAD_MS, trailMs: TRAIL_MS[clause.boundary] },
    );
  }

  /** A voice that is heard for the first time is listened to before it is heard; later, while it is. */
  #learnLevel(voiceId: string, { samples, sampleRateHz }: SpeechAnswer): void {
    const hear = (): void => {
      this.#levels.hear(voiceId, samples, sampleRateHz);
    };
    if (this.#levels.knows(voiceId)) {
      setImmediate(hear);
    } else {
      hear();
    }
  }
}

function wordMarks(
  clause: Clause,
  phonemes: SpeechChunk['phonemes'],
  pronunciations: readonly string[],
): WordMark[] {
  const counts = clause.tokens.map(({ spoken }) => spoken.split(/\s+/u).length);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const times = findWordTimes(
    phonemes.map(({ phoneme, startMs, endMs }) => ({ phone: phoneme, startMs, endMs })),
    Array.from({ length: total }, (_, index) => namesOf(pronunciations[index] ?? '')),
  );
  let next = 0;
  return clause.tokens.map((token, index) => {
    const first = times[next];
    next += counts[index]!;
    const last = times[next - 1];
    return { text: token.written, startMs: first?.startMs ?? 0, endMs: last?.endMs ?? 0 };
  });
}

function schedulingOf(
  { session }: ServedTextToSpeechOptions,
  voiceId: string,
  preparation: boolean,
): Scheduling {
  return {
    priority: preparation ? 1 : 0,
    timeoutMs: preparation ? PREPARATION_TIMEOUT_MS : LIVE_TIMEOUT_MS,
    session,
    batchKey: voiceId,
  };
}

function toMediaError(error: unknown): MediaError {
  const { code, message } = asRuntimeError(error);
  return new MediaError('SYNTHESIS_FAILED', {
    detail: message,
    retryable: code !== 'REQUEST_INVALID' && code !== 'MODEL_UNKNOWN',
    cause: error,
  });
}
