/** The runtime as its callers see it: the Open Inference Protocol in our own words. Server, client and fake implement it. */
import type { Tensor, TensorSpec } from './tensor/tensor.ts';

/** 0: a live conversation waits for it. 1: preparation (baking, caching) that may wait. */
export type Priority = 0 | 1;

export interface Scheduling {
  priority: Priority;
  /** The answer is useless after this long. */
  timeoutMs: number;
  /** Who asks: rooms share fairly. */
  session: string;
  /** Requests for one model are batched together only where this is equal (the avatar). */
  batchKey: string;
}

export interface InferRequest {
  modelName: string;
  /** Empty: the newest. */
  modelVersion: string;
  id: string;
  inputs: readonly Tensor[];
  /** Outputs wanted; empty: all. */
  outputs: readonly string[];
  scheduling: Scheduling;
}

export interface InferResponse {
  modelName: string;
  modelVersion: string;
  id: string;
  outputs: readonly Tensor[];
}

export interface ServerMetadata {
  name: string;
  version: string;
  extensions: readonly string[];
}

/** Shapes here include the batch dimension as -1 where the model batches. */
export interface ModelMetadata {
  name: string;
  versions: readonly string[];
  platform: string;
  inputs: readonly TensorSpec[];
  outputs: readonly TensorSpec[];
}

export interface ModelStatistics {
  name: string;
  version: string;
  /** Rows answered, and times the model ran. */
  inferenceCount: number;
  executionCount: number;
  /** Requests that succeeded and failed, with their total time. */
  success: { count: number; totalMs: number };
  failure: { count: number; totalMs: number };
  queueMs: number;
  computeMs: number;
}

/** How a runtime is and what it has: for placing sessions, and for people. */
export interface RuntimeHealth {
  live: boolean;
  ready: boolean;
  /** Requests that wait or run. */
  load: number;
  /** What runs models here: `cpu`, `cuda 0`. */
  device: string;
  /** Memory of the device that models and faces may take, and what is free of it or could be; undefined where unknown. */
  capacityBytes?: number | undefined;
  availableBytes?: number | undefined;
  models: readonly ModelHealth[];
}

export interface ModelHealth {
  name: string;
  version: string;
  /** `cpu`, `cuda`, `tensorrt`, `python`. */
  provider: string;
  /** As measured. */
  bytes: number;
  queued: number;
  running: number;
}

export interface InferenceService {
  live(): Promise<boolean>;
  ready(): Promise<boolean>;
  modelReady(name: string, version?: string): Promise<boolean>;
  serverMetadata(): Promise<ServerMetadata>;
  /** An extension of ours: undefined from servers that do not know it, Triton among them. */
  health?(): Promise<RuntimeHealth | undefined>;
  /** Throws MODEL_UNKNOWN. */
  modelMetadata(name: string, version?: string): Promise<ModelMetadata>;
  /** All models without a name. Throws MODEL_UNKNOWN. */
  statistics(name?: string): Promise<ModelStatistics[]>;
  /** Throws RuntimeError. Aborting frees a queued request at once and the result of a running one. */
  infer(request: InferRequest, options?: { signal?: AbortSignal }): Promise<InferResponse>;
  close(): Promise<void>;
}
