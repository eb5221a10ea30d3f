/** English recognition without a network: PocketSphinx, a process per learner. Basic, and says so. */
import { MediaError } from '#media/errors.ts';
import type { Recognizer, SpeechToText, Transcript } from '#media/ports.ts';
import { RecognizerChild, type RecognizerMessage } from './child.ts';
import { findPython, recognitionUnavailable } from './python.ts';

const SAMPLE_RATE_HZ = 16_000;
/** What a partial is worth: no lattice has been searched yet. */
const PARTIAL_CONFIDENCE = 0.5;

export interface PocketSphinxOptions {
  /** The Python interpreter; found by itself when absent. */
  python?: string;
}

interface PendingDecode {
  id: number;
  resolve: (transcript: Transcript | null) => void;
  reject: (error: Error) => void;
}

class PocketSphinxRecognizer implements Recognizer {
  readonly #python: string;
  #child: RecognizerChild | undefined;
  #pending: PendingDecode | undefined;
  #partial = '';
  #utterance = 0;
  #nextId = 1;
  #lost: string | undefined;
  #closed: Promise<void> | undefined;

  constructor(python: string) {
    this.#python = python;
  }

  /** Starts the process; rejects with RECOGNITION_UNAVAILABLE when the engine cannot run. */
  async start(): Promise<void> {
    const child = this.#startChild();
    try {
      await child.ready;
    } catch (error) {
      this.#child = undefined;
      throw error;
    }
  }

  get processId(): number | undefined {
    return this.#child?.processId;
  }

  push(samples: Int16Array): void {
    if (this.#closed !== undefined || samples.length === 0) return;
    this.#lost = undefined;
    const child = this.#child ?? this.#startChild();
    child.send('A', new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
  }

  partial(): Promise<Transcript> {
    return Promise.resolve({
      kind: 'partial',
      text: this.#partial,
      confidence: this.#partial === '' ? 0 : PARTIAL_CONFIDENCE,
    });
  }

  /** Rejects with RECOGNITION_FAILED (retryable) when the process was lost and nothing was pushed since. */
  decode(): Promise<Transcript | null> {
    this.#supersede();
    if (this.#closed !== undefined) return Promise.resolve(null);
    if (this.#lost !== undefined) return Promise.reject(this.#failure(this.#lost));
    const child = this.#child;
    if (child === undefined) return Promise.resolve({ kind: 'final', text: '', confidence: 0 });
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      this.#pending = { id, resolve, reject };
      child.send('D', Buffer.from(String(id), 'latin1'));
    });
  }

  reset(): void {
    this.#supersede();
    this.#partial = '';
    this.#lost = undefined;
    this.#utterance += 1;
    this.#child?.send('R');
  }

  close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#supersede();
      const child = this.#child;
      this.#child = undefined;
      this.#closed = child === undefined ? Promise.resolve() : child.close();
    }
    return this.#closed;
  }

  #startChild(): RecognizerChild {
    this.#partial = '';
    this.#utterance = 0;
    const child = new RecognizerChild({
      python: this.#python,
      onMessage: (message) => {
        if (this.#child === child) this.#hear(message);
      },
      onLost: (detail) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#partial = '';
        this.#lost = detail;
        this.#pending?.reject(this.#failure(detail));
        this.#pending = undefined;
      },
    });
    this.#child = child;
    child.ready.catch((error: unknown) => {
      // Only a restart comes here unwatched: start() reports the first failure itself.
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#lost = error instanceof Error ? error.message : String(error);
      this.#pending?.reject(this.#failure(this.#lost));
      this.#pending = undefined;
    });
    return child;
  }

  #hear(message: RecognizerMessage): void {
    if (message.kind === 'partial') {
      if (message.utterance === this.#utterance) this.#partial = message.text;
      return;
    }
    if (message.kind !== 'final' || message.id !== this.#pending?.id) return;
    const { resolve } = this.#pending;
    this.#partial = message.text;
    this.#pending = undefined;
    resolve({ kind: 'final', text: message.text, confidence: message.confidence });
  }

  #supersede(): void {
    this.#pending?.resolve(null);
    this.#pending = undefined;
  }

  #failure(detail: string): MediaError {
    return new MediaError('RECOGNITION_FAILED', { detail, retryable: true });
  }
}

export class PocketSphinxSpeechToText implements SpeechToText {
  readonly name = 'pocketsphinx';
  readonly grade = 'basic';
  readonly sampleRateHz = SAMPLE_RATE_HZ;
  readonly languages: readonly string[] = ['en'];

  readonly #python: string | undefined;
  readonly #open = new Set<PocketSphinxRecognizer>();
  /** Started ahead of the learner who will need it. */
  #spare: Promise<PocketSphinxRecognizer> | undefined;

  constructor(options: PocketSphinxOptions = {}) {
    this.#python = options.python ?? findPython();
  }

  /** Starts a process (0.3 to 1 s). Throws RECOGNITION_UNAVAILABLE with what to do about it. */
  async open({ language }: { language: string }): Promise<PocketSphinxRecognizer> {
    if (!/^en\b/i.test(language)) {
      throw new MediaError('RECOGNITION_UNAVAILABLE', {
        detail: `PocketSphinx hears English only, not “${language}”.`,
      });
    }
    if (this.#python === undefined) {
      throw recognitionUnavailable('There is no Python with the recognition engine.');
    }
    const spare = this.#spare;
    this.#spare = undefined;
    const recognizer = await (spare ?? this.#start());
    this.#open.add(recognizer);
    return recognizer;
  }

  /** Starts the process that the next `open` takes. */
  async warmUp(): Promise<void> {
    if (this.#python !== undefined) {
      this.#spare ??= this.#start();
      // Who opens meets the failure.
      await this.#spare.catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    const spare = await this.#spare?.catch(() => undefined);
    this.#spare = undefined;
    const recognizers = [...this.#open, ...(spare === undefined ? [] : [spare])];
    this.#open.clear();
    await Promise.all(recognizers.map((recognizer) => recognizer.close()));
  }

  async #start(): Promise<PocketSphinxRecognizer> {
    const recognizer = new PocketSphinxRecognizer(this.#python!);
    await recognizer.start();
    return recognizer;
  }
}
