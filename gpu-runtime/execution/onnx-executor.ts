/** Loads an ONNX model: its instances in worker threads, so that no run blocks the event loop. */
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Clock } from '#media/clock.ts';
import { RuntimeError } from '../errors.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import type { Executor } from './executor.ts';
import { InstancePool } from './instance-pool.ts';
import { OnnxInstance } from './onnx-instance.ts';
import { chooseProviders } from './provider.ts';
import { warmUp } from './warm-up.ts';

export interface OnnxExecutorOptions {
  config: ModelConfig;
  modelPath: string;
  clock: Clock;
  maxBatchRows: number;
  maxRunMs?: number;
  /** Told why a better provider could not be used. */
  onProblem?: (problem: string) => void;
}

/**
 * Loaded, warm and measured. Models are loaded one after another: the bytes are what the process grew by meanwhile, and
 * at least the model's own for each instance. Throws MODEL_INVALID.
 */
export async function loadOnnxExecutor(options: OnnxExecutorOptions): Promise<Executor> {
  const { config, modelPath, clock, maxBatchRows, maxRunMs } = options;
  const beforeBytes = process.memoryUsage.rss();
  const fileBytes = (await stat(modelPath)).size;
  let bytes = 0;
  const providers = chooseProviders(config.parameters['execution_provider']);
  const intraOpThreads = intraOpThreadsOf(config);
  const outputNames = config.outputs.map(({ name }) => name);
  const pool = await InstancePool.open({
    count: config.instances,
    clock,
    ...(maxRunMs === undefined ? {} : { maxRunMs }),
    bytes: () => bytes,
    start: async () => {
      const instance = await OnnxInstance.start({
        modelPath,
        providers,
        intraOpThreads,
        outputNames,
      });
      try {
        checkNames(config, instance);
        instance.problems.forEach((problem) => options.onProblem?.(problem));
      } catch (error) {
        await instance.close();
        throw error;
      }
      return instance;
    },
  });
  try {
    await warmUp(pool, config, maxBatchRows);
  } catch (error) {
    await pool.close();
    throw error;
  }
  bytes = Math.max(process.memoryUsage.rss() - beforeBytes, fileBytes * config.instances);
  return pool;
}

/** One core stays free for the servers; the others are shared by the model's instances. */
export function intraOpThreadsOf(config: ModelConfig, cores = availableParallelism()): number {
  const wish = config.parameters['intra_op_thread_count'];
  if (wish === undefined) {
    return Math.max(1, Math.floor((cores - 1) / config.instances));
  }
  const threads = Number(wish);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
    throw new RuntimeError('MODEL_INVALID', {
      detail: '“intra_op_thread_count” is no whole number from 1 to 256.',
    });
  }
  return threads;
}

function checkNames(config: ModelConfig, { inputNames, outputNames }: OnnxInstance): void {
  const wanted = config.inputs.map(({ name }) => name);
  const same = wanted.length === inputNames.length && wanted.every((n) => inputNames.includes(n));
  if (!same) {
    throw new RuntimeError('MODEL_INVALID', {
      detail: `Its graph takes ${inputNames.join(', ')}, its configuration ${wanted.join(', ')}.`,
    });
  }
  const missing = config.outputs.find(({ name }) => !outputNames.includes(name));
  if (missing !== undefined) {
    throw new RuntimeError('MODEL_INVALID', {
      detail: `Its graph gives ${outputNames.join(', ')}, its configuration “${missing.name}”.`,
    });
  }
}
