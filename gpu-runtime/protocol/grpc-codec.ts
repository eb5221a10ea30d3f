/** Open Inference Protocol messages over gRPC, to and from our own requests and answers. */
import { RuntimeError } from '../errors.ts';
import type {
  InferRequest,
  InferResponse,
  ModelMetadata,
  ModelStatistics,
  RuntimeHealth,
  ServerMetadata,
} from '../ports.ts';
import {
  checkTensor,
  isDatatype,
  type Datatype,
  type Tensor,
  type TensorSpec,
} from '../tensor/tensor.ts';
import { encodeValues, plainBytes, type ElementValue } from './element-values.ts';
import {
  longToBigint,
  longToNumber,
  type WireContents,
  type WireHealth,
  type WireInferRequest,
  type WireInferResponse,
  type WireLong,
  type WireModelMetadata,
  type WireModelStatistics,
  type WireParameters,
  type WireServerMetadata,
  type WireTensor,
} from './grpc-messages.ts';
import { schedulingOf, schedulingParameters, type Parameters } from './parameters.ts';
import { refuseForeignParameters, refuseTooMany } from './limits.ts';

/** Throws REQUEST_INVALID. The tensors' data stays that of the message, not copied, where it came raw. */
export function decodeInferRequest(wire: WireInferRequest, fallbackSession: string): InferRequest {
  const inputs = wire.inputs ?? [];
  const outputs = wire.outputs ?? [];
  refuseTooMany(inputs.length, outputs.length);
  for (const each of [...inputs, ...outputs]) {
    refuseForeignParameters(each.name ?? '', Object.keys(each.parameters ?? {}));
  }
  return {
    modelName: wire.model_name ?? '',
    modelVersion: wire.model_version ?? '',
    id: wire.id ?? '',
    inputs: decodeTensors(inputs, wire.raw_input_contents ?? []),
    outputs: outputs.map(({ name }) => name ?? ''),
    scheduling: schedulingOf(decodeParameters(wire.parameters), fallbackSession),
  };
}

export function encodeInferRequest(request: InferRequest): WireInferRequest {
  const { priority, timeout, ...names } = schedulingParameters(request.scheduling);
  return {
    model_name: request.modelName,
    model_version: request.modelVersion,
    id: request.id,
    parameters: {
      priority: { uint64_param: Number(priority) },
      timeout: { int64_param: Number(timeout) },
      ...Object.fromEntries(
        Object.entries(names).map(([name, value]) => [name, { string_param: String(value) }]),
      ),
    },
    inputs: request.inputs.map(encodeTensor),
    outputs: request.outputs.map((name) => ({ name })),
    raw_input_contents: request.inputs.map(({ data }) => data),
  };
}

/** Throws MODEL_FAILED for an answer that contradicts itself. */
export function decodeInferResponse(wire: WireInferResponse): InferResponse {
  try {
    const outputs = decodeTensors(wire.outputs ?? [], wire.raw_output_contents ?? []);
    outputs.forEach(checkTensor);
    return {
      modelName: wire.model_name ?? '',
      modelVersion: wire.model_version ?? '',
      id: wire.id ?? '',
      outputs,
    };
  } catch (error) {
    throw new RuntimeError('MODEL_FAILED', {
      detail: `Its answer is damaged. ${error instanceof Error ? error.message : ''}`,
      cause: error,
    });
  }
}

export function encodeInferResponse(response: InferResponse): WireInferResponse {
  return {
    model_name: response.modelName,
    model_version: response.modelVersion,
    id: response.id,
    outputs: response.outputs.map(encodeTensor),
    raw_output_contents: response.outputs.map(({ data }) => data),
  };
}

export function encodeServerMetadata({
  name,
  version,
  extensions,
}: ServerMetadata): WireServerMetadata {
  return { name, version, extensions: [...extensions] };
}

export function decodeServerMetadata(wire: WireServerMetadata): ServerMetadata {
  return { name: wire.name ?? '', version: wire.version ?? '', extensions: wire.extensions ?? [] };
}

export function encodeModelMetadata(metadata: ModelMetadata): WireModelMetadata {
  const { name, versions, platform, inputs, outputs } = metadata;
  return {
    name,
    versions: [...versions],
    platform,
    inputs: inputs.map(encodeTensor),
    outputs: outputs.map(encodeTensor),
  };
}

export function decodeModelMetadata(wire: WireModelMetadata): ModelMetadata {
  return {
    name: wire.name ?? '',
    versions: wire.versions ?? [],
    platform: wire.platform ?? '',
    inputs: (wire.inputs ?? []).flatMap(decodeSpec),
    outputs: (wire.outputs ?? []).flatMap(decodeSpec),
  };
}

const NS_PER_MS = 1_000_000;

export function encodeStatistics(statistics: ModelStatistics): WireModelStatistics {
  const { name, version, inferenceCount, executionCount, success, failure } = statistics;
  const duration = (count: number, ms: number) => ({ count, ns: Math.round(ms * NS_PER_MS) });
  return {
    name,
    version,
    inference_count: inferenceCount,
    execution_count: executionCount,
    inference_stats: {
      success: duration(success.count, success.totalMs),
      fail: duration(failure.count, failure.totalMs),
      queue: duration(success.count, statistics.queueMs),
      compute_input: duration(success.count, 0),
      compute_infer: duration(success.count, statistics.computeMs),
      compute_output: duration(success.count, 0),
    },
  };
}

/** Triton tells the copying in and out of a run apart; all of it is the run's. */
export function decodeStatistics(wire: WireModelStatistics): ModelStatistics {
  const { success, fail, queue, compute_input, compute_infer, compute_output } =
    wire.inference_stats ?? {};
  const ms = (duration: typeof success): number => longToNumber(duration?.ns) / NS_PER_MS;
  return {
    name: wire.name ?? '',
    version: wire.version ?? '',
    inferenceCount: longToNumber(wire.inference_count),
    executionCount: longToNumber(wire.execution_count),
    success: { count: longToNumber(success?.count), totalMs: ms(success) },
    failure: { count: longToNumber(fail?.count), totalMs: ms(fail) },
    queueMs: ms(queue),
    computeMs: ms(compute_input) + ms(compute_infer) + ms(compute_output),
  };
}

export function encodeHealth(health: RuntimeHealth): WireHealth {
  const { live, ready, load, device, capacityBytes, availableBytes, models } = health;
  return {
    live,
    ready,
    load,
    device,
    ...(capacityBytes === undefined ? {} : { capacity_bytes: capacityBytes }),
    ...(availableBytes === undefined ? {} : { available_bytes: availableBytes }),
    models: models.map((model) => ({ ...model })),
  };
}

export function decodeHealth(wire: WireHealth): RuntimeHealth {
  const bytes = (long: WireLong | undefined): number | undefined =>
    long === undefined ? undefined : longToNumber(long);
  return {
    live: wire.live === true,
    ready: wire.ready === true,
    load: wire.load ?? 0,
    device: wire.device ?? '',
    capacityBytes: bytes(wire.capacity_bytes),
    availableBytes: bytes(wire.available_bytes),
    models: (wire.models ?? []).map((model) => ({
      name: model.name ?? '',
      version: model.version ?? '',
      provider: model.provider ?? '',
      bytes: longToNumber(model.bytes),
      queued: model.queued ?? 0,
      running: model.running ?? 0,
    })),
  };
}

export function decodeParameters(wire: WireParameters | undefined): Parameters {
  const parameters: [string, string | number | boolean][] = [];
  for (const [name, choice] of Object.entries(wire ?? {})) {
    const { bool_param, int64_param, string_param, double_param, uint64_param } = choice;
    const long = int64_param ?? uint64_param;
    const value =
      long === undefined ? (bool_param ?? string_param ?? double_param) : longToNumber(long);
    if (value !== undefined) {
      parameters.push([name, value]);
    }
  }
  return Object.fromEntries(parameters);
}

function encodeTensor({ name, datatype, shape }: TensorSpec): WireTensor {
  return { name, datatype, shape: [...shape] };
}

/** A datatype that we do not know (Triton's BF16) makes the tensor unusable here, not the whole model's metadata. */
function decodeSpec({ name, datatype, shape }: WireTensor): TensorSpec[] {
  return datatype !== undefined && isDatatype(datatype)
    ? [{ name: name ?? '', datatype, shape: (shape ?? []).map(longToNumber) }]
    : [];
}

/** All data is raw or all is typed: the protocol allows no mixture. */
function decodeTensors(wires: readonly WireTensor[], raw: readonly Uint8Array[]): Tensor[] {
  if (raw.length > 0 && raw.length !== wires.length) {
    throw new RuntimeError('REQUEST_INVALID', {
      detail: `There are ${String(raw.length)} raw contents for ${String(wires.length)} tensors.`,
    });
  }
  return wires.map((wire, index) => {
    const name = wire.name ?? '';
    const datatype = wire.datatype ?? '';
    if (!isDatatype(datatype)) {
      throw new RuntimeError('REQUEST_INVALID', {
        detail: `Tensor “${name.slice(0, 80)}”: there is no datatype “${datatype.slice(0, 20)}”.`,
      });
    }
    const typed = valuesOf(datatype, wire.contents ?? {});
    const bytes = raw[index];
    if (bytes !== undefined && typed.length > 0) {
      throw new RuntimeError('REQUEST_INVALID', {
        detail: `Tensor “${name.slice(0, 80)}” has both raw and typed contents.`,
      });
    }
    const data = bytes === undefined ? encodeValues(name, datatype, typed) : plainBytes(bytes);
    return { name, datatype, shape: (wire.shape ?? []).map(longToNumber), data };
  });
}

/** Source: Open Inference Protocol, "Tensor Data" of the gRPC API: which field holds which datatype. */
function valuesOf(datatype: Datatype, contents: WireContents): readonly ElementValue[] {
  switch (datatype) {
    case 'BOOL':
      return contents.bool_contents ?? [];
    case 'INT8':
    case 'INT16':
    case 'INT32':
      return contents.int_contents ?? [];
    case 'INT64':
      return (contents.int64_contents ?? []).map((long) => longToBigint(long) ?? Number.NaN);
    case 'UINT8':
    case 'UINT16':
    case 'UINT32':
      return contents.uint_contents ?? [];
    case 'UINT64':
      return (contents.uint64_contents ?? []).map((long) => longToBigint(long) ?? Number.NaN);
    case 'FP32':
      return contents.fp32_contents ?? [];
    case 'FP64':
      return contents.fp64_contents ?? [];
    case 'BYTES':
      return contents.bytes_contents ?? [];
    case 'FP16':
      return [];
  }
}
