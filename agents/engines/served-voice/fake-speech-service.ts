/** A runtime's voice model without a runtime: every letter is a sound of 60 ms. For tests. */
import { RuntimeError } from '#gpu-runtime/errors.ts';
import type { InferenceService, InferRequest, InferResponse } from '#gpu-runtime/ports.ts';
import { decodeBytes, encodeBytes, type Tensor } from '#gpu-runtime/tensor/tensor.ts';

export interface FakeSpeechServiceOptions {
  /** Runs before each clause is answered; the catalogue is answered at once. */
  beforeAnswer?: (clause: string) => Promise<void>;
  /** A real voice may not tell how long its phonemes last. */
  withoutLengths?: boolean;
  /** Of full scale. */
  level?: number;
}

const RATE_HZ = 22_050;
const LETTER_SAMPLES = 1_323;
const VOICES = [
  { id: 'ada', language: 'en-US', gender: 'female', licence: 'CC0' },
  { id: 'tomas', language: 'en-GB', gender: 'male', licence: 'CC0' },
];

export class FakeSpeechService implements Pick<InferenceService, 'infer'> {
  /** Every clause that was asked for, in order, with its request. */
  readonly asked: { clause: string; request: InferRequest }[] = [];
  /** Clauses whose request was withdrawn before its answer. */
  readonly withdrawn: string[] = [];
  readonly #options: FakeSpeechServiceOptions;

  constructor(options: FakeSpeechServiceOptions = {}) {
    this.#options = options;
  }

  async infer(
    request: InferRequest,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<InferResponse> {
    const [clause, voice] = ['TEXT', 'VOICE'].map((name) => stringIn(request, name)) as [
      string,
      string,
    ];
    if (clause === '') {
      return answer(
        request,
        [],
        [],
        VOICES.map((each) => JSON.stringify(each)),
      );
    }
    this.asked.push({ clause, request });
    await Promise.race([
      this.#options.beforeAnswer?.(clause) ?? Promise.resolve(),
      aborted(signal),
    ]);
    if (signal?.aborted === true) {
      this.withdrawn.push(clause);
      throw new RuntimeError('CANCELLED');
    }
    if (!VOICES.some(({ id }) => id === voice)) {
      throw new RuntimeError('REQUEST_INVALID', { detail: 'There is no such voice here.' });
    }
    const phonemes = ['^', ...clause.toLowerCase(), '$'].map((letter) =>
      letter === '?' || letter === '!' ? '.' : letter,
    );
    return answer(request, phonemes, clause.toLowerCase().split(/\s+/), [], this.#options);
  }
}

function answer(
  request: InferRequest,
  phonemes: readonly string[],
  words: readonly string[],
  voices: readonly string[],
  { level = 0.1, withoutLengths = false }: FakeSpeechServiceOptions = {},
): InferResponse {
  const sound = new Int16Array(phonemes.length * LETTER_SAMPLES);
  phonemes.forEach((phoneme, index) => {
    if (/[a-z]/.test(phoneme)) {
      for (let at = index * LETTER_SAMPLES; at < (index + 1) * LETTER_SAMPLES; at += 1) {
        sound[at] = 32_767 * level * Math.sin(at / 10);
      }
    }
  });
  const lengths = Int32Array.from(withoutLengths ? [] : phonemes, () => LETTER_SAMPLES);
  const outputs: Tensor[] = [
    { name: 'SOUND', datatype: 'INT16', shape: [sound.length], data: bytesOf(sound) },
    {
      name: 'SAMPLE_RATE',
      datatype: 'INT32',
      shape: [1],
      data: bytesOf(Int32Array.of(RATE_HZ)),
    },
    { name: 'PHONEMES', datatype: 'BYTES', shape: [phonemes.length], data: encodeBytes(phonemes) },
    {
      name: 'PHONEME_SAMPLES',
      datatype: 'INT32',
      shape: [lengths.length],
      data: bytesOf(lengths),
    },
    { name: 'WORDS', datatype: 'BYTES', shape: [words.length], data: encodeBytes(words) },
    { name: 'VOICES', datatype: 'BYTES', shape: [voices.length], data: encodeBytes(voices) },
  ];
  return { modelName: request.modelName, modelVersion: '1', id: request.id, outputs };
}

function bytesOf(array: Int16Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer);
}

function stringIn(request: InferRequest, name: string): string {
  const tensor = request.inputs.find((input) => input.name === name)!;
  return Buffer.from(decodeBytes(tensor.data)[0]!).toString('utf8');
}

/** Resolves when the caller has left; for ever pending where nobody can. */
function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
    }
    signal?.addEventListener('abort', () => {
      resolve();
    });
  });
}
