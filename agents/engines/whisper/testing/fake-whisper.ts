/** A runtime without a model: it "hears" one word of a script for every 250 ms of loud sound. */
import { RuntimeError } from '#gpu-runtime/client/errors.ts';
import { floatRow, textRow } from '#gpu-runtime/client/tensors.ts';
import type { InferRequest, InferResponse } from '#gpu-runtime/ports.ts';

export interface FakeWhisperOptions {
  /** What is heard, word by word; it begins anew after the last. */
  script: string;
  /** Languages of the weights. */
  languages?: readonly string[];
  /** Waits before each answer. An abort ends the wait. */
  beforeAnswer?: (request: InferRequest) => Promise<void>;
}

const WORD_SAMPLES = 4_000;
const LOUD = 0.01;

export class FakeWhisper {
  readonly requests: InferRequest[] = [];
  /** Requests that were withdrawn before their answer. */
  withdrawn = 0;
  ready = true;
  readonly #options: FakeWhisperOptions;

  constructor(options: FakeWhisperOptions) {
    this.#options = options;
  }

  modelReady(): Promise<boolean> {
    return Promise.resolve(this.ready);
  }

  async infer(
    request: InferRequest,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<InferResponse> {
    this.requests.push(request);
    const { beforeAnswer } = this.#options;
    if (beforeAnswer !== undefined) {
      await Promise.race([beforeAnswer(request), aborted(signal)]);
    }
    if (signal?.aborted === true) {
      this.withdrawn += 1;
      throw new RuntimeError('CANCELLED');
    }
    const language = textIn(request, 'LANGUAGE');
    if (!(this.#options.languages ?? ['en', 'sv']).includes(language)) {
      throw new RuntimeError('REQUEST_INVALID', { detail: `LANGUAGE is “${language}”.` });
    }
    return this.#answer(samplesIn(request));
  }

  #answer(samples: Float32Array): InferResponse {
    const script = this.#options.script.split(' ');
    const loud = samples.reduce((count, value) => count + (Math.abs(value) > LOUD ? 1 : 0), 0);
    const words = Array.from({ length: Math.floor(loud / WORD_SAMPLES) }, (_, index) => ({
      text: script[index % script.length]!,
      startMs: index * 250,
      endMs: (index + 1) * 250,
      confidence: 0.9,
    }));
    return {
      modelName: 'whisper',
      modelVersion: '1',
      id: '',
      outputs: [
        textRow('TEXT', words.map(({ text }) => text).join(' ')),
        floatRow('CONFIDENCE', [words.length === 0 ? 0 : 0.9]),
        textRow('WORDS', JSON.stringify(words)),
      ],
    };
  }
}

export function samplesIn({ inputs }: InferRequest): Float32Array {
  const { data } = inputs.find(({ name }) => name === 'SAMPLES')!;
  return new Float32Array(Uint8Array.from(data).buffer);
}

export function textIn({ inputs }: InferRequest, wanted: string): string {
  const { data } = inputs.find(({ name }) => name === wanted)!;
  return Buffer.from(data.subarray(4)).toString('utf8');
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    signal?.addEventListener('abort', () => {
      resolve();
    });
  });
}
