/** Loads a Triton `model.py`: its instances in child processes, so that a model that dies takes nothing along. */
import { dirname } from 'node:path';
import type { Clock } from '#media/clock.ts';
import { RuntimeError } from '../errors.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import type { TensorSpec } from '../tensor/tensor.ts';
import type { Executor } from './executor.ts';
import { InstancePool } from './instance-pool.ts';
import { PythonInstance } from './python-instance.ts';
import { pythonOf } from '../environments/environment.ts';
import { findPython, PYTHON_HELP } from './python.ts';
import { warmUp } from './warm-up.ts';

export interface PythonExecutorOptions {
  config: ModelConfig;
  version: string;
  /** The `model.py`. */
  modelPath: string;
  clock: Clock;
  maxBatchRows: number;
  maxRunMs?: number;
  /** Found by itself when absent. */
  python?: string;
  onPrint?: (text: string) => void;
}

/** Loaded and warm. Throws MODEL_INVALID. */
export async function loadPythonExecutor(options: PythonExecutorOptions): Promise<Executor> {
  const { config, modelPath, clock, maxBatchRows, maxRunMs, onPrint } = options;
  const python = interpreterFor(options);
  let started = 0;
  const pool = await InstancePool.open({
    count: config.instances,
    clock,
    ...(maxRunMs === undefined ? {} : { maxRunMs }),
    bytes: (instances) => instances.reduce((sum, { bytes }) => sum + bytes, 0),
    start: () => {
      started += 1;
      return PythonInstance.start({
        python,
        file: modelPath,
        arguments: initializeArguments(options, started),
        outputNames: config.outputs.map(({ name }) => name),
        clock,
        ...(onPrint === undefined ? {} : { onPrint }),
      });
    },
  });
  try {
    await warmUp(pool, config, maxBatchRows);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return pool;
}

/** The parameter `python_environment` names one of `gpu-runtime/environments`. */
function interpreterFor({ config, python }: PythonExecutorOptions): string {
  const name = config.parameters['python_environment'];
  if (name !== undefined) {
    const found = pythonOf(name);
    if ('reason' in found) {
      throw new RuntimeError('MODEL_INVALID', { detail: found.reason });
    }
    return found.python;
  }
  const chosen = python ?? findPython();
  if (chosen === undefined) {
    throw new RuntimeError('MODEL_INVALID', { detail: `It needs Python. ${PYTHON_HELP}` });
  }
  return chosen;
}

/** The strings that Triton passes to `initialize`. */
function initializeArguments(
  { config, version, modelPath }: PythonExecutorOptions,
  instance: number,
): Record<string, string> {
  return {
    model_config: JSON.stringify(tritonConfig(config)),
    model_instance_kind: 'CPU',
    model_instance_name: `${config.name}_0_${String(instance - 1)}`,
    model_instance_device_id: '0',
    model_repository: dirname(dirname(modelPath)),
    model_version: version,
    model_name: config.name,
  };
}

/** The configuration as Triton writes it in JSON, as far as this runtime reads it. */
function tritonConfig(config: ModelConfig): object {
  const tensor = ({ name, datatype, shape }: TensorSpec): object => ({
    name,
    data_type: `TYPE_${datatype === 'BYTES' ? 'STRING' : datatype}`,
    dims: shape,
  });
  return {
    name: config.name,
    backend: config.backend,
    max_batch_size: config.maxBatch,
    input: config.inputs.map(tensor),
    output: config.outputs.map(tensor),
    parameters: Object.fromEntries(
      Object.entries(config.parameters).map(([key, value]) => [key, { string_value: value }]),
    ),
  };
}
