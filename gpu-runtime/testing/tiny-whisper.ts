/** The model repository of Whisper with weights made by `tiny_whisper.py`, for tests. */
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonOf } from '../environments/environment.ts';
import type { InferRequest, InferResponse } from '../ports.ts';
import { decodeBytes, encodeBytes, type Tensor } from '../tensor/tensor.ts';
import { ModelFolder } from './model-folder.ts';

const BUILDER = fileURLToPath(new URL('./tiny_whisper.py', import.meta.url));
const WHISPER = fileURLToPath(new URL('../models/whisper', import.meta.url));
const SAMPLE_RATE_HZ = 16_000;

export type TinyBehaviour = 'plain' | 'unsure' | 'circling';

/** Why Whisper cannot run here, or undefined where it can. */
export function whyNoWhisper(): string | undefined {
  const found = pythonOf('whisper');
  return 'reason' in found ? found.reason : undefined;
}

/**
 * A repository with the model `whisper` alone, some of its parameters changed. Without a behaviour its weights are missing.
 */
export async function tinyWhisperRepository(
  behaviour?: TinyBehaviour,
  parameters: Readonly<Record<string, string>> = {},
): Promise<ModelFolder> {
  const found = pythonOf('whisper');
  if ('reason' in found) {
    throw new Error(found.reason);
  }
  const folder = await ModelFolder.create();
  const weights = join(folder.path, '.weights');
  if (behaviour !== undefined) {
    await promisify(execFile)(found.python, [BUILDER, weights, behaviour]);
  }
  let config = await readFile(join(WHISPER, 'config.pbtxt'), 'utf8');
  for (const [key, value] of Object.entries({ model_path: weights, ...parameters })) {
    const before = new RegExp(`(key: "${key}" value \\{ string_value: )"[^"]*"`, 'u');
    config = config.replace(before, `$1${JSON.stringify(value)}`);
  }
  await folder.write('whisper/config.pbtxt', config);
  await symlink(join(WHISPER, '1'), join(folder.path, 'whisper', '1'));
  return folder;
}

export interface WhisperQuestion {
  samples: ArrayLike<number>;
  sampleRateHz?: number;
  lengthSamples?: number;
  language?: string;
  prompt?: string;
  hotwords?: string;
  session?: string;
}

/** A request as any client of the protocol writes it; `samples` are -1 to 1. */
export function whisperRequest(question: WhisperQuestion): InferRequest {
  const { samples, language = 'en', prompt = '', hotwords = '', session = 'lesson_1' } = question;
  const number = (name: string, value: number): Tensor => ({
    name,
    datatype: 'INT32',
    shape: [1, 1],
    data: new Uint8Array(Int32Array.of(value).buffer),
  });
  const text = (name: string, value: string): Tensor => ({
    name,
    datatype: 'BYTES',
    shape: [1, 1],
    data: encodeBytes([value]),
  });
  return {
    modelName: 'whisper',
    modelVersion: '',
    id: 'r1',
    inputs: [
      {
        name: 'SAMPLES',
        datatype: 'FP32',
        shape: [1, samples.length],
        data: new Uint8Array(Float32Array.from(samples).buffer),
      },
      number('LENGTH', question.lengthSamples ?? samples.length),
      number('SAMPLE_RATE', question.sampleRateHz ?? SAMPLE_RATE_HZ),
      text('LANGUAGE', language),
      text('PROMPT', prompt),
      text('HOTWORDS', hotwords),
      { name: 'WORD_TIMES', datatype: 'BOOL', shape: [1, 1], data: Uint8Array.of(1) },
    ],
    outputs: [],
    scheduling: { priority: 0, timeoutMs: 30_000, session, batchKey: '' },
  };
}

export interface WhisperAnswer {
  text: string;
  confidence: number;
  noSpeech: number;
  language: string;
  words: { text: string; startMs: number; endMs: number; confidence: number }[];
  withheld: string;
}

export function whisperAnswer({ outputs }: InferResponse): WhisperAnswer {
  const data = (name: string): Uint8Array => outputs.find((output) => output.name === name)!.data;
  const text = (name: string): string => Buffer.from(decodeBytes(data(name))[0]!).toString('utf8');
  const number = (name: string): number => new Float32Array(Uint8Array.from(data(name)).buffer)[0]!;
  return {
    text: text('TEXT'),
    confidence: number('CONFIDENCE'),
    noSpeech: number('NO_SPEECH'),
    language: text('HEARD_LANGUAGE'),
    words: JSON.parse(text('WORDS')) as WhisperAnswer['words'],
    withheld: text('WITHHELD'),
  };
}
