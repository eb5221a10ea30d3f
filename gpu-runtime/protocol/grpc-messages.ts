/** The messages of `open_inference.proto` as they are decoded, and the service's definition. */
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';

/** A 64-bit number: decoded as two halves, written as a number or text. */
export type WireLong = number | string | { low: number; high: number; unsigned: boolean };

export interface WireParameter {
  bool_param?: boolean;
  int64_param?: WireLong;
  string_param?: string;
  double_param?: number;
  uint64_param?: WireLong;
}

export type WireParameters = Record<string, WireParameter>;

export interface WireContents {
  bool_contents?: boolean[];
  int_contents?: number[];
  int64_contents?: WireLong[];
  uint_contents?: number[];
  uint64_contents?: WireLong[];
  fp32_contents?: number[];
  fp64_contents?: number[];
  bytes_contents?: Uint8Array[];
}

export interface WireTensor {
  name?: string;
  datatype?: string;
  shape?: WireLong[];
  parameters?: WireParameters;
  contents?: WireContents | null;
}

export interface WireInferRequest {
  model_name?: string;
  model_version?: string;
  id?: string;
  parameters?: WireParameters;
  inputs?: WireTensor[];
  outputs?: { name?: string; parameters?: WireParameters }[];
  raw_input_contents?: Uint8Array[];
}

export interface WireInferResponse {
  model_name?: string;
  model_version?: string;
  id?: string;
  parameters?: WireParameters;
  outputs?: WireTensor[];
  raw_output_contents?: Uint8Array[];
}

export interface WireStreamResponse {
  error_message?: string;
  infer_response?: WireInferResponse | null;
}

export interface WireServerMetadata {
  name?: string;
  version?: string;
  extensions?: string[];
}

export interface WireModelMetadata {
  name?: string;
  versions?: string[];
  platform?: string;
  inputs?: WireTensor[];
  outputs?: WireTensor[];
}

export interface WireDuration {
  count?: WireLong;
  ns?: WireLong;
}

export interface WireModelStatistics {
  name?: string;
  version?: string;
  inference_count?: WireLong;
  execution_count?: WireLong;
  inference_stats?: {
    success?: WireDuration | null;
    fail?: WireDuration | null;
    queue?: WireDuration | null;
    compute_input?: WireDuration | null;
    compute_infer?: WireDuration | null;
    compute_output?: WireDuration | null;
  } | null;
}

export interface WireStatistics {
  model_stats?: WireModelStatistics[];
}

export interface WireHealth {
  live?: boolean;
  ready?: boolean;
  load?: number;
  device?: string;
  capacity_bytes?: WireLong;
  available_bytes?: WireLong;
  models?: {
    name?: string;
    version?: string;
    provider?: string;
    bytes?: WireLong;
    queued?: number;
    running?: number;
  }[];
}

export interface ModelName {
  name?: string;
  version?: string;
}

type Nothing = Record<string, never>;

/** Method names to their messages. */
export interface InferenceMethods {
  ServerLive: MethodDefinition<Nothing, { live?: boolean }>;
  ServerReady: MethodDefinition<Nothing, { ready?: boolean }>;
  ModelReady: MethodDefinition<ModelName, { ready?: boolean }>;
  ServerMetadata: MethodDefinition<Nothing, WireServerMetadata>;
  ModelMetadata: MethodDefinition<ModelName, WireModelMetadata>;
  ModelInfer: MethodDefinition<WireInferRequest, WireInferResponse>;
  ModelStreamInfer: MethodDefinition<WireInferRequest, WireStreamResponse>;
  ModelStatistics: MethodDefinition<ModelName, WireStatistics>;
  UnderstudyHealth: MethodDefinition<Nothing, WireHealth>;
}

let loaded: InferenceMethods | undefined;

/** 64-bit numbers stay in halves, so that none loses its last digits. */
export function inferenceMethods(): InferenceMethods {
  loaded ??= loadSync(fileURLToPath(new URL('open_inference.proto', import.meta.url)), {
    keepCase: true,
    arrays: true,
  })['inference.GRPCInferenceService'] as unknown as InferenceMethods;
  return loaded;
}

export function longToNumber(long: WireLong | undefined): number {
  if (typeof long === 'object') {
    return (long.unsigned ? long.high >>> 0 : long.high) * 2 ** 32 + (long.low >>> 0);
  }
  return Number(long ?? 0);
}

/** Undefined where it is no whole number. */
export function longToBigint(long: WireLong): bigint | undefined {
  if (typeof long === 'object') {
    const bits = (BigInt(long.high >>> 0) << 32n) | BigInt(long.low >>> 0);
    return long.unsigned ? bits : BigInt.asIntN(64, bits);
  }
  return /^-?\d{1,20}$/u.test(String(long)) ? BigInt(long) : undefined;
}
