/** One learner's recogniser: asks the runtime what the open utterance says, again and again as it grows. */
import type { InferenceService, Priority } from '#gpu-runtime/ports.ts';
import { asRuntimeError } from '#gpu-runtime/client/errors.ts';
import type { Clock } from '#media/clock.ts';
import { MediaError } from '#media/errors.ts';
import type { Recognizer } from '#media/ports.ts';
import {
  readAnswer,
  SHORTEST_SAMPLES,
  toRequest,
  WHISPER_SAMPLE_RATE_HZ,
  type WhisperTranscript,
} from './question.ts';
import { SHORT_PIECES, UtteranceSound, WHOLE_WINDOWS, type SoundPiece } from './utterance-sound.ts';

export type Inference = Pick<InferenceService, 'infer'>;

export interface WhisperRecognizerOptions {
  inference: Inference;
  clock: Clock;
  /** Whisper's code. */
  language: string;
  session: string;
  prompt: string;
  hotwords: readonly string[];
  /** New speech between two captions. */
  partialEveryMs: number;
  /** A final text that takes longer is a failure. */
  timeoutMs: number;
  /** In a pause the draft that `hasten` asked for is the final text: for processors that a full decode would keep too long. */
  draftsAreFinal: boolean;
}

type Heard = Omit<WhisperTranscript, 'kind'>;

const NOTHING: Heard = { text: '', confidence: 0, words: [] };
/** What a partial is worth: its sound may end within a word. */
const PARTIAL_CONFIDENCE = 0.6;
/** A caption that comes later than this tells of the past. */
const PARTIAL_TIMEOUT_MS = 2_000;
/** Captions take at most a fifth of the time that the runtime could give. */
const PARTIAL_REST = 4;
/** Quieter new sound makes no new caption: about -50 dBFS. */
const LOUD = 100;

export class WhisperRecognizer implements Recognizer {
  readonly #options: WhisperRecognizerOptions;
  #sound: UtteranceSound;
  /** What the settled pieces say. */
  readonly #settled = new Map<SoundPiece, Promise<Heard>>();
  #decoding: { controller: AbortController; resolve: (none: null) => void } | undefined;
  #decoded: { length: number; transcript: WhisperTranscript } | undefined;
  #captioning: AbortController | undefined;
  /** The whole utterance as it stands in this pause. */
  #pauseDraft: Promise<Heard | undefined> | undefined;
  #caption = '';
  /** What `hasten` has brought in this pause. */
  #pauseCaption: Heard | undefined;
  #captionDueMs: number;
  #loudSamples = 0;
  #closed = false;

  constructor(options: WhisperRecognizerOptions) {
    this.#options = options;
    this.#sound = this.#newSound();
    this.#captionDueMs = options.clock.nowMs();
  }

  push(samples: Int16Array): void {
    if (this.#closed || samples.length === 0) {
      return;
    }
    this.#sound.push(samples);
    if (samples.some((sample) => Math.abs(sample) > LOUD)) {
      this.#loudSamples += samples.length;
    }
    this.#mayAskForCaption();
  }

  partial(): Promise<WhisperTranscript> {
    const confidence = this.#caption === '' ? 0 : PARTIAL_CONFIDENCE;
    const whole = this.#pauseCaption !== undefined;
    return Promise.resolve({
      ...{ kind: 'partial', text: this.#caption, confidence, words: [] },
      ...(whole ? { whole } : {}),
    });
  }

  /** A caption of all that was pushed, at once: one that is under way would lack the last words. */
  hasten(): void {
    if (this.#closed || this.#decoding !== undefined) {
      return;
    }
    this.#captioning?.abort();
    this.#pauseCaption = undefined;
    const draft = this.#askForCaption(0);
    this.#pauseDraft = draft;
    void draft.then((heard) => {
      if (this.#pauseDraft === draft) {
        this.#pauseCaption = heard;
      }
    });
  }

  /** Rejects with RECOGNITION_FAILED, retryable unless the runtime refuses this sound. */
  decode(): Promise<WhisperTranscript | null> {
    const draft = this.#options.draftsAreFinal ? this.#pauseDraft : undefined;
    const caption = this.#pauseCaption;
    this.cancel();
    this.#pauseDraft = draft;
    this.#pauseCaption = caption;
    if (this.#closed) {
      return Promise.resolve(null);
    }
    const { length } = this.#sound;
    if (this.#decoded?.length === length) {
      return Promise.resolve(this.#decoded.transcript);
    }
    if (draft === undefined) {
      // The text of the whole is better than any caption of a part.
      this.#captioning?.abort();
    }
    const controller = new AbortController();
    return new Promise((resolve, reject) => {
      this.#decoding = { controller, resolve };
      this.#hearFinally(controller.signal, draft).then(
        (heard) => {
          if (!controller.signal.aborted) {
            const transcript: WhisperTranscript = { kind: 'final', ...heard };
            this.#decoding = undefined;
            this.#decoded = { length, transcript };
            this.#caption = heard.text;
            resolve(transcript);
          }
        },
        (error: unknown) => {
          if (!controller.signal.aborted) {
            this.#decoding = undefined;
            reject(failure(error));
          }
        },
      );
    });
  }

  /** The speech goes on: the decode at hand is of no more use. It resolves with null and its request is withdrawn. */
  cancel(): void {
    this.#pauseDraft = undefined;
    this.#pauseCaption = undefined;
    this.#decoding?.controller.abort();
    this.#decoding?.resolve(null);
    this.#decoding = undefined;
  }

  reset(): void {
    this.cancel();
    this.#captioning?.abort();
    this.#sound = this.#newSound();
    this.#settled.clear();
    this.#decoded = undefined;
    this.#caption = '';
    this.#loudSamples = 0;
  }

  close(): Promise<void> {
    this.reset();
    this.#closed = true;
    return Promise.resolve();
  }

  #newSound(): UtteranceSound {
    return new UtteranceSound(this.#options.draftsAreFinal ? SHORT_PIECES : WHOLE_WINDOWS);
  }

  async #hearFinally(
    signal: AbortSignal,
    draft: Promise<Heard | undefined> | undefined,
  ): Promise<Heard> {
    return (await draft) ?? this.#hearAll(signal);
  }

  /** Settled pieces are heard once; they and the rest go out together. */
  async #hearAll(signal: AbortSignal): Promise<Heard> {
    const { settled, tail } = this.#sound;
    const settledHeard = settled.map((piece) => this.#hearSettled(piece));
    return join(await Promise.all([...settledHeard, this.#hear(tail, { signal })]));
  }

  #hearSettled(piece: SoundPiece): Promise<Heard> {
    let hearing = this.#settled.get(piece);
    if (hearing === undefined) {
      hearing = this.#hear(piece, { draft: this.#options.draftsAreFinal });
      this.#settled.set(piece, hearing);
      hearing.catch(() => {
        this.#settled.delete(piece);
      });
    }
    return hearing;
  }

  async #hear(
    { startMs, samples }: SoundPiece,
    how: { signal?: AbortSignal; draft?: boolean; priority?: Priority; timeoutMs?: number } = {},
  ): Promise<Heard> {
    if (samples.length < SHORTEST_SAMPLES) {
      return NOTHING;
    }
    const { inference, language, session, prompt, hotwords } = this.#options;
    const { signal, draft = false, priority = 0, timeoutMs = this.#options.timeoutMs } = how;
    const response = await inference.infer(
      toRequest({
        ...{ samples, language, session, prompt, hotwords },
        ...{ draft, priority, timeoutMs },
      }),
      signal === undefined ? {} : { signal },
    );
    const heard = readAnswer(response);
    const words = heard.words.map((word) => ({
      ...word,
      startMs: word.startMs + startMs,
      endMs: word.endMs + startMs,
    }));
    return { ...heard, words };
  }

  /** One at a time, when there is enough new speech and the last one's cost has been rested. */
  #mayAskForCaption(): void {
    const { clock, partialEveryMs } = this.#options;
    const newMs = (this.#loudSamples * 1_000) / WHISPER_SAMPLE_RATE_HZ;
    const busy = this.#captioning !== undefined || this.#decoding !== undefined;
    if (!busy && newMs >= partialEveryMs && clock.nowMs() >= this.#captionDueMs) {
      // Captions of speech that goes on yield to the texts that count.
      void this.#askForCaption(1);
    }
  }

  /** Resolves with undefined when it fails or is withdrawn. */
  async #askForCaption(priority: Priority): Promise<Heard | undefined> {
    const { clock } = this.#options;
    const askedMs = clock.nowMs();
    this.#loudSamples = 0;
    const controller = new AbortController();
    this.#captioning = controller;
    try {
      const heard = await this.#hearSoFar(controller.signal, priority);
      if (controller.signal.aborted) {
        return undefined;
      }
      this.#caption = heard.text;
      return heard;
    } catch {
      // A caption that fails is left out; the text that counts is asked for by decode().
      return undefined;
    } finally {
      const tookMs = clock.nowMs() - askedMs;
      this.#captionDueMs = clock.nowMs() + PARTIAL_REST * tookMs;
      if (this.#captioning === controller) {
        this.#captioning = undefined;
      }
    }
  }

  async #hearSoFar(signal: AbortSignal, priority: Priority): Promise<Heard> {
    const { settled, tail } = this.#sound;
    const hearings = settled.map((piece) => this.#hearSettled(piece));
    hearings.push(
      this.#hear(tail, { signal, priority, draft: true, timeoutMs: PARTIAL_TIMEOUT_MS }),
    );
    return join(await Promise.all(hearings));
  }
}

/** Pieces as one; a piece counts for the confidence by the length of its text. */
function join(pieces: readonly Heard[]): Heard {
  const spoken = pieces.filter(({ text }) => text !== '');
  const characters = spoken.reduce((sum, { text }) => sum + text.length, 0);
  return {
    text: spoken.map(({ text }) => text).join(' '),
    confidence: spoken.reduce(
      (sum, { text, confidence }) => sum + (confidence * text.length) / characters,
      0,
    ),
    words: spoken.flatMap(({ words }) => words),
  };
}

function failure(error: unknown): MediaError {
  const { code, message } = asRuntimeError(error);
  return new MediaError('RECOGNITION_FAILED', {
    detail: message,
    retryable: code !== 'REQUEST_INVALID' && code !== 'MODEL_UNKNOWN',
    cause: error,
  });
}
