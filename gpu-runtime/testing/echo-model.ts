/** The model that tests of the protocol use: `OUT` is `IN`. `gpu-runtime/models/echo` is the same for Triton. */
import { systemClock, type Clock } from '#media/clock.ts';
import type { InferenceService, InferRequest, InferResponse } from '../ports.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import { Runtime } from '../runtime/runtime.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { testConfig } from './configs.ts';
import { FakeExecutor } from './fake-executor.ts';

export const ECHO: ModelConfig = testConfig({ name: 'echo', backend: 'python' });

export function echoRuntime(clock: Clock = systemClock): {
  runtime: Runtime;
  executor: FakeExecutor;
} {
  const executor = new FakeExecutor(ECHO);
  const runtime = new Runtime({
    models: [{ config: ECHO, version: '1', executor }],
    clock,
    version: '0.0.0',
  });
  return { runtime, executor };
}

export function echoRequest(input: Tensor, more: Partial<InferRequest> = {}): InferRequest {
  return {
    modelName: 'echo',
    modelVersion: '',
    id: 'r1',
    inputs: [input],
    outputs: [],
    scheduling: { priority: 0, timeoutMs: 5_000, session: 'lesson_1', batchKey: '' },
    ...more,
  };
}

export type InferAnswer = (request: InferRequest, signal: AbortSignal) => Promise<InferResponse>;

/** A service whose `infer` the test writes; all else is the given one's. */
export function withInfer(service: InferenceService, infer: InferAnswer): InferenceService {
  return {
    live: () => service.live(),
    ready: () => service.ready(),
    modelReady: (name, version) => service.modelReady(name, version),
    serverMetadata: () => service.serverMetadata(),
    modelMetadata: (name, version) => service.modelMetadata(name, version),
    statistics: (name) => service.statistics(name),
    ...(service.health === undefined ? {} : { health: () => service.health!() }),
    infer: (request, { signal } = {}) => infer(request, signal ?? new AbortController().signal),
    close: () => service.close(),
  };
}
