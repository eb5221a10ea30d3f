/** A recogniser without an engine: it "hears" a script, one word for each stretch of loud sound it is given. */
import { MediaError } from '#media/errors.ts';
import type { Recognizer, SpeechToText, Transcript } from '#media/ports.ts';

export interface FakeSpeechToTextOptions {
  /** What each utterance says, in order; the last one repeats. */
  script: readonly string[];
  /** How much loud sound stands for one word. */
  wordMs?: number;
  confidence?: number;
  /** Waits before each answer, for tests of slow engines. */
  beforeAnswer?: () => Promise<void>;
}

/** Quieter samples are silence. */
const LOUD = 300;

class FakeRecognizer implements Recognizer {
  readonly #options: FakeSpeechToTextOptions;
  readonly #sampleRateHz: number;
  #utterance = 0;
  #loudSamples = 0;
  #asked = 0;
  #closed = false;

  constructor(options: FakeSpeechToTextOptions, sampleRateHz: number) {
    this.#options = options;
    this.#sampleRateHz = sampleRateHz;
  }

  push(samples: Int16Array): void {
    const isLoud = samples.some((sample) => Math.abs(sample) > LOUD);
    if (isLoud) this.#loudSamples += samples.length;
  }

  partial(): Promise<Transcript> {
    return Promise.resolve({ kind: 'partial', text: this.#heard(), confidence: 0.5 });
  }

  async decode(): Promise<Transcript | null> {
    this.#asked += 1;
    const asked = this.#asked;
    await (this.#options.beforeAnswer?.() ?? Promise.resolve());
    if (this.#closed || asked !== this.#asked) return null;
    const text = this.#heard();
    const confidence = text === '' ? 0 : (this.#options.confidence ?? 0.9);
    return { kind: 'final', text, confidence };
  }

  reset(): void {
    this.#asked += 1;
    if (this.#loudSamples > 0) this.#utterance += 1;
    this.#loudSamples = 0;
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #heard(): string {
    const { script, wordMs = 250 } = this.#options;
    const words = (script[Math.min(this.#utterance, script.length - 1)] ?? '').split(' ');
    const heard = Math.floor(((this.#loudSamples / this.#sampleRateHz) * 1000) / wordMs);
    return words.slice(0, heard).join(' ');
  }
}

export class FakeSpeechToText implements SpeechToText {
  readonly name = 'fake';
  readonly grade = 'basic';
  readonly sampleRateHz = 16_000;
  readonly languages: readonly string[] = ['en'];

  readonly #options: FakeSpeechToTextOptions;

  constructor(options: FakeSpeechToTextOptions) {
    this.#options = options;
  }

  open({ language }: { language: string }): Promise<Recognizer> {
    if (!this.languages.includes(language)) {
      return Promise.reject(
        new MediaError('RECOGNITION_UNAVAILABLE', { detail: `It does not hear “${language}”.` }),
      );
    }
    return Promise.resolve(new FakeRecognizer(this.#options, this.sampleRateHz));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
