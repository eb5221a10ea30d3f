/** The model repository of Whisper with weights made by `tiny_whisper.py`, for tests. */
import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { boolRow, floatRow, floatsOf, intRow, textOf, textRow } from '../client/tensors.ts';
import { pythonOf } from '../environments/environment.ts';
import type { InferRequest, InferResponse } from '../ports.ts';
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

/** A repository with the model `whisper` alone, some of its parameters changed. */
export async function whisperRepository(
  parameters: Readonly<Record<string, string>> = {},
): Promise<ModelFolder> {
  const folder = await ModelFolder.create();
  await fill(folder, parameters);
  return folder;
}

/** The same with tiny weights; without a behaviour they are missing. */
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
  await fill(folder, { model_path: weights, ...parameters });
  return folder;
}

/** The weights are those of the test, whatever is chosen for this machine. */
async function fill(
  folder: ModelFolder,
  parameters: Readonly<Record<string, string>>,
): Promise<void> {
  delete process.env['WHISPER_MODEL_PATH'];
  let config = await readFile(join(WHISPER, 'config.pbtxt'), 'utf8');
  for (const [key, value] of Object.entries(parameters)) {
    const before = new RegExp(`(key: "${key}" value \\{ string_value: )"[^"]*"`, 'u');
    config = config.replace(before, `$1${JSON.stringify(value)}`);
  }
  await folder.write('whisper/config.pbtxt', config);
  await symlink(join(WHISPER, '1'), join(folder.path, 'whisper', '1'));
}

export interface WhisperQuestion {
  samples: ArrayLike<number>;
  sampleRateHz?: number;
  lengthSamples?: number;
  language?: string;
  prompt?: string;
  hotwords?: string;
  session?: string;
  draft?: boolean;
}

/** A request as any client of the protocol writes it; `samples` are -1 to 1. */
export function whisperRequest(question: WhisperQuestion): InferRequest {
  const { samples, language = 'en', prompt = '', hotwords = '', session = 'lesson_1' } = question;
  return {
    modelName: 'whisper',
    modelVersion: '',
    id: 'r1',
    inputs: [
      floatRow('SAMPLES', samples),
      intRow('LENGTH', question.lengthSamples ?? samples.length),
      intRow('SAMPLE_RATE', question.sampleRateHz ?? SAMPLE_RATE_HZ),
      textRow('LANGUAGE', language),
      textRow('PROMPT', prompt),
      textRow('HOTWORDS', hotwords),
      boolRow('WORD_TIMES', true),
      boolRow('DRAFT', question.draft ?? false),
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

export function whisperAnswer(response: InferResponse): WhisperAnswer {
  return {
    text: textOf(response, 'TEXT'),
    confidence: floatsOf(response, 'CONFIDENCE')[0]!,
    noSpeech: floatsOf(response, 'NO_SPEECH')[0]!,
    language: textOf(response, 'HEARD_LANGUAGE'),
    words: JSON.parse(textOf(response, 'WORDS')) as WhisperAnswer['words'],
    withheld: textOf(response, 'WITHHELD'),
  };
}
