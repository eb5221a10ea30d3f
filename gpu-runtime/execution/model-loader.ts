/** Loads every model of a repository, one after another; one that cannot be loaded is reported and left out. */
import type { Clock } from '#media/clock.ts';
import { asRuntimeError } from '../errors.ts';
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
      const executor = await loadExecutor(model, options);
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

function loadExecutor(model: RepositoryModel, options: LoadOptions): Promise<Executor> {
  const { clock, say, python, onPrint, maxBatchRows = MAX_BATCH_ROWS } = options;
  const shared = { ...model, clock, maxBatchRows };
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
