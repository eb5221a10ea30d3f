/** What a model's `config.pbtxt` says, as far as both Triton and this runtime act on it. */
import { basename } from 'node:path';
import { RuntimeError } from '../errors.ts';
import { ELEMENT_BYTES, isDatatype, type Datatype, type TensorSpec } from '../tensor/tensor.ts';
import { parseTextProto, type TextMessage, type TextValue } from './text-proto.ts';

export type Backend = 'onnxruntime' | 'python';

export interface ModelConfig {
  name: string;
  backend: Backend;
  /** 0: the model takes one request at a time and no batch dimension. */
  maxBatch: number;
  inputs: readonly TensorSpec[];
  outputs: readonly TensorSpec[];
  /**
   * From `allow_ragged_batch` of any input: requests of different sizes run together, each for itself, as Triton passes
   * them. For Python models.
   */
  ragged?: boolean;
  /** From `dynamic_batching`; undefined where it is not switched on: requests then run one by one. */
  maxGatherMs: number | undefined;
  instances: number;
  parameters: Readonly<Record<string, string>>;
}

const MAX_BATCH = 128;
const MAX_INSTANCES = 16;

/** `folder` is the model's own; its name is the model's. Throws MODEL_INVALID. */
export function readModelConfig(text: string, folder: string): ModelConfig {
  const message = parseTextProto(text);
  const name = stringOf(message, 'name') ?? basename(folder);
  if (name !== basename(folder)) {
    throw invalid(`“name” is “${name}”, its folder “${basename(folder)}”.`);
  }
  const maxBatch = numberOf(message, 'max_batch_size', 0, MAX_BATCH) ?? 0;
  const batching = messagesOf(message, 'dynamic_batching')[0];
  const gatherUs =
    batching && (numberOf(batching, 'max_queue_delay_microseconds', 0, 10_000_000) ?? 0);
  const instances = messagesOf(message, 'instance_group').reduce(
    (sum, group) => sum + (numberOf(group, 'count', 1, MAX_INSTANCES) ?? 1),
    0,
  );
  const inputs = messagesOf(message, 'input').map(tensorSpec);
  const ragged = messagesOf(message, 'input').some(
    (input) => one(input, 'allow_ragged_batch') === true,
  );
  const outputs = messagesOf(message, 'output').map(tensorSpec);
  if (inputs.length === 0 || outputs.length === 0) {
    throw invalid('It names no input or no output.');
  }
  const backend = backendOf(message);
  if (ragged && backend !== 'python') {
    throw invalid('“allow_ragged_batch” is for Python models.');
  }
  return {
    name,
    backend,
    maxBatch,
    inputs,
    outputs,
    ...(ragged ? { ragged } : {}),
    maxGatherMs: gatherUs === undefined ? undefined : gatherUs / 1_000,
    instances: Math.max(1, instances),
    parameters: Object.fromEntries(
      messagesOf(message, 'parameters').map((entry) => {
        const value = messagesOf(entry, 'value')[0];
        return [stringOf(entry, 'key') ?? '', (value && stringOf(value, 'string_value')) ?? ''];
      }),
    ),
  };
}

function backendOf(message: TextMessage): Backend {
  const backend = stringOf(message, 'backend') ?? '';
  const platform = stringOf(message, 'platform') ?? '';
  if (backend === 'onnxruntime' || platform === 'onnxruntime_onnx') {
    return 'onnxruntime';
  }
  if (backend === 'python') {
    return 'python';
  }
  throw invalid(`Its backend “${backend || platform}” is neither onnxruntime nor python.`);
}

function tensorSpec(message: TextMessage): TensorSpec {
  const name = stringOf(message, 'name') ?? '';
  const type = (stringOf(message, 'data_type') ?? '').replace(/^TYPE_/u, '');
  const datatype = type === 'STRING' ? 'BYTES' : type;
  if (name === '' || !isDatatype(datatype)) {
    throw invalid(
      `Tensor “${name}” has no usable data_type (${Object.keys(ELEMENT_BYTES).join(', ')}).`,
    );
  }
  const shape = (message.get('dims') ?? []).map((size) => {
    if (typeof size !== 'number' || !Number.isInteger(size) || size < -1 || size === 0) {
      throw invalid(`Tensor “${name}” has a dimension that is no size.`);
    }
    return size;
  });
  return { name, datatype: datatype as Datatype, shape };
}

function one(message: TextMessage, name: string): TextValue | undefined {
  return message.get(name)?.at(-1);
}

function stringOf(message: TextMessage, name: string): string | undefined {
  const value = one(message, name);
  if (value !== undefined && typeof value !== 'string') {
    throw invalid(`“${name}” is no text.`);
  }
  return value;
}

function numberOf(
  message: TextMessage,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const value = one(message, name);
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw invalid(`“${name}” is no whole number from ${String(least)} to ${String(most)}.`);
  }
  return value;
}

function messagesOf(message: TextMessage, name: string): TextMessage[] {
  return (message.get(name) ?? []).map((value) => {
    if (!(value instanceof Map)) {
      throw invalid(`“${name}” is no message.`);
    }
    return value as TextMessage;
  });
}

function invalid(detail: string): RuntimeError {
  return new RuntimeError('MODEL_INVALID', { detail });
}
