/** Loads every model of a repository, one after another; one that cannot be loaded is reported and left out. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '#media/clock.ts';
import { asRuntimeError, RuntimeError } from '../errors.ts';
import { loadFaceExecutor } from '../face/face-executor.ts';
import type { MemoryAdmission } from '../memory/memory-admission.ts';
import { readRepository, type ModelFault, type RepositoryModel } from '../repository/repository.ts';
import type { LoadedModel } from '../runtime/runtime.ts';
import type { Executor } from './executor.ts';
import { loadOnnxExecutor } from './onnx-executor.ts';
import { whyNotDevice } from './provider.ts';
import { loadPythonExecutor } from './python-executor.ts';

export interface LoadOptions {
  /** The repository. */
  folder: string;
  clock: Clock;
  /** A line of progress. */
  say: (line: string) => void;
  /** The largest batch that the runtime will ask for. */
  maxBatchRows?: number;
  python?: string;
  /** Admits each model; all are let in when absent. */
  memory?: MemoryAdmission;
  /** What Python models print. */
  onPrint?: (text: string) => void;
}

export interface LoadOutcome {
  models: readonly LoadedModel[];
  faults: readonly ModelFault[];
}

const MAX_BATCH_ROWS = 8;

/** Throws MODEL_INVALID only where the repository itself cannot be read. */
export async function loadModels(options: LoadOptions): Promise<LoadOutcome> {
  const { folder, clock, say } = options;
  const repository = await readRepository(folder);
  const models: LoadedModel[] = [];
  const faults: ModelFault[] = [];
  const fail = (fault: ModelFault): void => {
    faults.push(fault);
    say(`${fault.name}: left out. ${fault.error.message}`);
  };
  repository.faults.forEach(fail);
  const unused = whyNotDevice();
  if (
    unused !== undefined &&
    repository.models.some(({ config }) => config.backend === 'onnxruntime')
  ) {
    say(unused);
  }
  for (const model of repository.models) {
    const { config, version } = model;
    say(`${config.name} ${version}: loading (${config.backend})`);
    const startedMs = clock.nowMs();
    try {
      const executor = await admitExecutor(model, options);
      models.push({ config, version, executor });
      const megabytes = Math.round(executor.bytes / 2 ** 20);
      const tookMs = Math.round(clock.nowMs() - startedMs);
      say(
        `${config.name} ${version}: ready on ${executor.provider}, ${String(megabytes)} MiB, in ${String(tookMs)} ms`,
      );
    } catch (error) {
      fail({ name: config.name, error: asRuntimeError(error) });
    }
  }
  return { models, faults };
}

/** A model stays for as long as the process lives. Throws OUT_OF_MEMORY, MODEL_INVALID. */
async function admitExecutor(model: RepositoryModel, options: LoadOptions): Promise<Executor> {
  if (options.memory === undefined) {
    return loadExecutor(model, options);
  }
  return options.memory.keep({
    name: `model/${model.config.name}`,
    declaredBytes: await declaredBytesOf(model),
    load: async () => {
      const executor = await loadExecutor(model, options);
      return { value: executor, bytes: executor.bytes };
    },
    unload: (executor) => executor.close(),
  });
}

/** What its configuration says (`memory_bytes`), else the size of an ONNX file for each instance. */
async function declaredBytesOf({ config, modelPath }: RepositoryModel): Promise<number> {
  const declared = config.parameters['memory_bytes'];
  if (declared === undefined) {
    const isOnnx = config.backend === 'onnxruntime';
    return isOnnx ? (await stat(modelPath)).size * config.instances : 0;
  }
  const bytes = Number(declared);
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw new RuntimeError('MODEL_INVALID', { detail: '“memory_bytes” is no number of bytes.' });
  }
  return bytes;
}

function loadExecutor(model: RepositoryModel, options: LoadOptions): Promise<Executor> {
  const { clock, say, python, onPrint, maxBatchRows = MAX_BATCH_ROWS } = options;
  const shared = { ...model, clock, maxBatchRows };
  if (model.config.parameters['executor'] === 'face') {
    const { memory } = options;
    const modelFolder = dirname(dirname(model.modelPath));
    return loadFaceExecutor({
      ...shared,
      modelFolder,
      ...(memory === undefined ? {} : { memory }),
    });
  }
  switch (model.config.backend) {
    case 'onnxruntime':
      return loadOnnxExecutor({
        ...shared,
        onProblem: (problem) => {
          say(`${model.config.name}: ${problem}`);
        },
      });
    case 'python':
      return loadPythonExecutor({
        ...shared,
        ...(python === undefined ? {} : { python }),
        ...(onPrint === undefined ? {} : { onPrint }),
      });
  }
}
