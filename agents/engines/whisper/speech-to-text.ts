/** Recognition by the runtime's model `whisper`: full, in many languages, shared by all rooms of a runtime. */
import type { InferenceService } from '#gpu-runtime/ports.ts';
import { asRuntimeError } from '#gpu-runtime/client/errors.ts';
import { systemClock, type Clock } from '#media/clock.ts';
import { MediaError } from '#media/errors.ts';
import type { SpeechToText } from '#media/ports.ts';
import { WHISPER_LANGUAGES, whisperLanguage } from './languages.ts';
import { SHORTEST_SAMPLES, toRequest, WHISPER_MODEL, WHISPER_SAMPLE_RATE_HZ } from './question.ts';
import { WhisperRecognizer } from './recognizer.ts';

export interface WhisperOptions {
  /** Stays its owner's: closing the engine does not close it. */
  service: Pick<InferenceService, 'infer' | 'modelReady'>;
  /** The room, for fair shares. */
  session: string;
  clock?: Clock;
  /** What the weights hear well enough; all that Whisper knows when absent. */
  languages?: readonly string[];
  /** A sentence or two of the lesson, in its language: sets style and spelling. */
  prompt?: string;
  /** Names and terms of the lesson. */
  hotwords?: readonly string[];
  /** New speech between two captions. */
  partialEveryMs?: number;
  timeoutMs?: number;
  /** On processors: the draft of a pause is its final text, in a third of the time. */
  draftsAreFinal?: boolean;
}

/** Pauses bring captions of their own; one in between keeps the runtime from the next pause's. */
const PARTIAL_EVERY_MS = 1_200;
/** The slowest processor that can hold a conversation decodes half a minute in this time. */
const TIMEOUT_MS = 10_000;

export class WhisperSpeechToText implements SpeechToText {
  readonly name = 'whisper';
  readonly grade = 'full';
  readonly sampleRateHz = WHISPER_SAMPLE_RATE_HZ;
  readonly languages: readonly string[];

  readonly #options: WhisperOptions;
  readonly #open = new Set<WhisperRecognizer>();
  readonly #heard = new Set<string>();

  constructor(options: WhisperOptions) {
    this.#options = options;
    this.languages = options.languages ?? WHISPER_LANGUAGES;
  }

  /** Opens the way to the runtime. */
  async warmUp(): Promise<void> {
    await this.#options.service.modelReady(WHISPER_MODEL).catch(() => false);
  }

  /** Throws RECOGNITION_UNAVAILABLE where no runtime serves Whisper, or not in this language. */
  async open({ language: tag }: { language: string }): Promise<WhisperRecognizer> {
    const language = whisperLanguage(tag);
    if (language === undefined) {
      throw unavailable(`Whisper does not hear “${tag}” well enough.`);
    }
    const { service, session, clock = systemClock, prompt = '', hotwords = [] } = this.#options;
    const { partialEveryMs = PARTIAL_EVERY_MS, timeoutMs = TIMEOUT_MS } = this.#options;
    await this.#check(language, timeoutMs);
    const recognizer = new WhisperRecognizer({
      ...{ inference: service, clock, language, session, prompt, hotwords },
      ...{ partialEveryMs, timeoutMs, draftsAreFinal: this.#options.draftsAreFinal ?? false },
    });
    this.#open.add(recognizer);
    return recognizer;
  }

  async close(): Promise<void> {
    const recognizers = [...this.#open];
    this.#open.clear();
    await Promise.all(recognizers.map((recognizer) => recognizer.close()));
  }

  /** Weights may be for English only, so a moment of silence is asked about first; the model answers that at once. */
  async #check(language: string, timeoutMs: number): Promise<void> {
    const { service, session } = this.#options;
    if (!(await service.modelReady(WHISPER_MODEL).catch(() => false))) {
      throw unavailable('No runtime serves the model “whisper”: start one with npm run runtime.');
    }
    if (this.#heard.has(language)) {
      return;
    }
    const samples = new Float32Array(SHORTEST_SAMPLES);
    const silence = { samples, language, prompt: '', hotwords: [], draft: false };
    try {
      await service.infer(toRequest({ ...silence, session, priority: 0, timeoutMs }));
    } catch (error) {
      throw unavailable(asRuntimeError(error).message, error);
    }
    this.#heard.add(language);
  }
}

function unavailable(detail: string, cause?: unknown): MediaError {
  return new MediaError('RECOGNITION_UNAVAILABLE', { detail, cause });
}
