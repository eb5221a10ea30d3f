/** A voice without an engine: a tone per word, at once, with exact marks. For tests of whatever speaks. */
import { MediaError } from '#media/errors.ts';
import type { CallOptions, SpeechChunk, TextToSpeech, VoiceDescription } from '#media/ports.ts';

export interface FakeTextToSpeechOptions {
  sampleRateHz?: number;
  /** Length of each word. */
  wordMs?: number;
  /** Waits before each chunk, for tests that stop or delay speech. */
  beforeChunk?: (index: number) => Promise<void>;
  /** Fails when this chunk is reached. */
  failAtChunk?: number;
}

const TONE_HZ = 220;
const TONE_LEVEL = 6000;
/** Silence after each sentence. */
const PAUSE_MS = 100;

export class FakeTextToSpeech implements TextToSpeech {
  readonly name = 'fake';
  readonly sampleRateHz: number;
  readonly voices: readonly VoiceDescription[] = [
    { id: 'fake', language: 'en', gender: 'female', description: 'A tone, for tests.' },
  ];
  /** Every text that was asked for, in order. */
  readonly spoken: string[] = [];

  readonly #options: FakeTextToSpeechOptions;

  constructor(options: FakeTextToSpeechOptions = {}) {
    this.#options = options;
    this.sampleRateHz = options.sampleRateHz ?? 16_000;
  }

  async *synthesize(
    text: string,
    voiceId: string,
    options: CallOptions = {},
  ): AsyncGenerator<SpeechChunk> {
    if (voiceId !== 'fake') throw new MediaError('VOICE_UNKNOWN', { detail: `“${voiceId}”.` });
    this.spoken.push(text);
    const sentences = text.match(/[^.!?]+[.!?]*|[.!?]+/g) ?? [];
    let index = 0;
    for (const sentence of sentences) {
      const words = sentence.split(/\s+/).filter((word) => word !== '');
      if (words.length === 0) continue;
      // Makes every chunk take a turn of the event loop, as real engines do.
      await (this.#options.beforeChunk?.(index) ?? Promise.resolve());
      if (options.signal?.aborted === true) return;
      if (this.#options.failAtChunk === index) {
        throw new MediaError('SYNTHESIS_FAILED', { retryable: true });
      }
      yield this.#chunk(words);
      index += 1;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #chunk(words: readonly string[]): SpeechChunk {
    const wordMs = this.#options.wordMs ?? 200;
    const soundMs = words.length * wordMs;
    const samples = new Int16Array(((soundMs + PAUSE_MS) / 1000) * this.sampleRateHz);
    for (let i = 0; i < (soundMs / 1000) * this.sampleRateHz; i += 1) {
      samples[i] = TONE_LEVEL * Math.sin((2 * Math.PI * TONE_HZ * i) / this.sampleRateHz);
    }
    return {
      samples,
      sampleRateHz: this.sampleRateHz,
      phonemes: [
        ...words.flatMap((_word, at) => [
          { phoneme: 'm', startMs: at * wordMs, endMs: (at + 0.5) * wordMs },
          { phoneme: 'aa', startMs: (at + 0.5) * wordMs, endMs: (at + 1) * wordMs },
        ]),
        { phoneme: 'pau', startMs: soundMs, endMs: soundMs + PAUSE_MS },
      ],
      words: words.map((text, at) => ({ text, startMs: at * wordMs, endMs: (at + 1) * wordMs })),
    };
  }
}
