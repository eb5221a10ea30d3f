/**
 * Reads a model repository as Triton lays it out: `<name>/config.pbtxt` and `<name>/<version>/model.onnx|model.py`.
 * The newest version is served. A model that cannot be read is a fault of its own; the others go on.
 */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeError } from '../errors.ts';
import { readModelConfig, type Backend, type ModelConfig } from './model-config.ts';

export interface RepositoryModel {
  config: ModelConfig;
  version: string;
  /** The `model.onnx` or `model.py`. */
  modelPath: string;
}

export interface ModelFault {
  name: string;
  error: RuntimeError;
}

export interface Repository {
  models: readonly RepositoryModel[];
  faults: readonly ModelFault[];
}

const MODEL_FILES: Readonly<Record<Backend, string>> = {
  onnxruntime: 'model.onnx',
  python: 'model.py',
};
/** Names travel in paths and log lines. */
const NAME = /^[A-Za-z0-9][\w.-]{0,127}$/u;
/** Triton takes folders with a whole number from 1 for versions. */
const VERSION = /^[1-9]\d{0,8}$/u;

/** In the order of names. Throws MODEL_INVALID only where the folder itself cannot be read. */
export async function readRepository(folder: string): Promise<Repository> {
  const models: RepositoryModel[] = [];
  const faults: ModelFault[] = [];
  for (const name of await namesIn(folder)) {
    try {
      models.push(await readModel(join(folder, name), name));
    } catch (error) {
      faults.push({ name, error: asFault(error) });
    }
  }
  return { models, faults };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.name.startsWith('.') && !entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch (error) {
    throw new RuntimeError('MODEL_INVALID', {
      detail: `The repository ${folder} cannot be read.`,
      cause: error,
    });
  }
}

async function readModel(folder: string, name: string): Promise<RepositoryModel> {
  if (!NAME.test(name)) {
    throw invalid(
      'A name has letters, digits, “_”, “.” and “-”, and begins with one of the first two.',
    );
  }
  const text = await readFile(join(folder, 'config.pbtxt'), 'utf8').catch((error: unknown) => {
    throw invalid('It has no config.pbtxt.', error);
  });
  const config = readModelConfig(text, folder);
  const entries = await readdir(folder, { withFileTypes: true });
  const version = entries
    .filter((entry) => !entry.isFile() && VERSION.test(entry.name))
    .map((entry) => Number(entry.name))
    .sort((left, right) => right - left)[0];
  if (version === undefined) {
    throw invalid('It has no version: no folder “1”.');
  }
  const file = MODEL_FILES[config.backend];
  const modelPath = join(folder, String(version), file);
  await checkFile(modelPath, `${String(version)}/${file}`);
  return { config, version: String(version), modelPath };
}

async function checkFile(path: string, shown: string): Promise<void> {
  const about = await stat(path).catch(() => undefined);
  if (about?.isFile() !== true || about.size === 0) {
    throw invalid(`${shown} is ${about === undefined ? 'missing' : 'no file or empty'}.`);
  }
  // Weights kept elsewhere leave a note of a few lines in their place (Git LFS).
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    if (buffer.toString('latin1', 0, bytesRead).startsWith('version https://')) {
      throw invalid(`${shown} is a pointer of Git LFS; fetch the file itself.`);
    }
  } finally {
    await file.close();
  }
}

function invalid(detail: string, cause?: unknown): RuntimeError {
  return new RuntimeError('MODEL_INVALID', { detail, cause });
}

function asFault(error: unknown): RuntimeError {
  return error instanceof RuntimeError
    ? error
    : invalid(error instanceof Error ? error.message : String(error), error);
}
