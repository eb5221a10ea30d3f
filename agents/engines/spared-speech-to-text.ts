/**
 * Hearing that goes on when its runtime dies: what the first engine cannot decode, an embedded one hears from the same
 * sound, worse but at once. It is started when it is first needed, and the first engine is asked again for each utterance.
 */
import type { Recognizer, SpeechToText, Transcript } from '#media/ports.ts';

/** The spare one hears so much of an utterance at most: more than anybody says in one breath. */
const LONGEST_S = 60;

export interface SparedOptions {
  first: SpeechToText;
  /** Undefined where nothing stands by. */
  spare: () => SpeechToText | undefined;
  /** The first engine failed, and whether the spare one hears instead. */
  onFailed: (error: unknown, isSpared: boolean) => void;
}

export class SparedSpeechToText implements SpeechToText {
  readonly #options: SparedOptions;
  #spare: SpeechToText | undefined;

  constructor(options: SparedOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.first.name;
  }

  get grade(): SpeechToText['grade'] {
    return this.#options.first.grade;
  }

  get sampleRateHz(): number {
    return this.#options.first.sampleRateHz;
  }

  get languages(): readonly string[] {
    return this.#options.first.languages;
  }

  async warmUp(): Promise<void> {
    await this.#options.first.warmUp?.();
  }

  async open(options: { language: string }): Promise<Recognizer> {
    const first = await this.#options.first.open(options);
    return new SparedRecognizer({
      first,
      spare: () => this.#openSpare(options),
      mostSamples: LONGEST_S * this.sampleRateHz,
      onFailed: this.#options.onFailed,
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#options.first.close(), this.#spare?.close()]);
  }

  async #openSpare(options: { language: string }): Promise<Recognizer | undefined> {
    this.#spare ??= this.#options.spare();
    const spare = this.#spare;
    const fits =
      spare !== undefined &&
      spare.sampleRateHz === this.sampleRateHz &&
      spare.languages.includes(options.language);
    return fits ? spare.open(options) : undefined;
  }
}

interface SparedRecognizerOptions {
  first: Recognizer;
  spare: () => Promise<Recognizer | undefined>;
  mostSamples: number;
  onFailed: SparedOptions['onFailed'];
}

class SparedRecognizer implements Recognizer {
  readonly #options: SparedRecognizerOptions;
  #spare: Promise<Recognizer | undefined> | undefined;
  #sound: Int16Array[] = [];
  #samples = 0;
  /** Each decode of an utterance has the next; an older one is of no more use. */
  #question = 0;
  #closed = false;

  constructor(options: SparedRecognizerOptions) {
    this.#options = options;
  }

  push(samples: Int16Array): void {
    this.#sound.push(samples.slice());
    this.#samples += samples.length;
    while (this.#samples > this.#options.mostSamples) {
      this.#samples -= this.#sound.shift()!.length;
    }
    this.#options.first.push(samples);
  }

  partial(): Promise<Transcript> {
    return this.#options.first.partial();
  }

  async decode(): Promise<Transcript | null> {
    this.#question += 1;
    const question = this.#question;
    try {
      return await this.#options.first.decode();
    } catch (error) {
      return this.#hearInstead(error, question);
    }
  }

  cancel(): void {
    this.#question += 1;
    this.#options.first.cancel?.();
  }

  hasten(): void {
    this.#options.first.hasten?.();
  }

  reset(): void {
    this.#question += 1;
    this.#sound = [];
    this.#samples = 0;
    this.#options.first.reset();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#options.first.close();
    await (await this.#spare?.catch(() => undefined))?.close();
  }

  /** Rejects with the first engine's error where nothing else hears. */
  async #hearInstead(error: unknown, question: number): Promise<Transcript | null> {
    const sound = [...this.#sound];
    this.#spare ??= this.#options.spare();
    const spare = await this.#spare.catch(() => undefined);
    if (this.#closed || question !== this.#question) {
      return null;
    }
    this.#options.onFailed(error, spare !== undefined);
    if (spare === undefined) {
      this.#spare = undefined;
      throw error;
    }
    spare.reset();
    for (const samples of sound) {
      spare.push(samples);
    }
    const transcript = await spare.decode();
    return question === this.#question ? transcript : null;
  }
}
