/** The runtime of one process: models, each behind its batcher, as one inference service. */
import type { Clock } from '#media/clock.ts';
import { RuntimeError } from '../errors.ts';
import type {
  InferenceService,
  InferRequest,
  InferResponse,
  ModelMetadata,
  ModelStatistics,
  RuntimeHealth,
  ServerMetadata,
} from '../ports.ts';
import type { Executor } from '../execution/executor.ts';
import type { MemoryAdmission } from '../memory/memory-admission.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import { ServedModel } from './served-model.ts';

export interface LoadedModel {
  config: ModelConfig;
  version: string;
  executor: Executor;
}

export interface RuntimeOptions {
  models: readonly LoadedModel[];
  clock: Clock;
  /** Shown to clients. */
  version: string;
  maxBatchRows?: number;
  /** Of the device; its models are already admitted. */
  memory?: MemoryAdmission;
  /** How the batchers let requests that came together meet: `setImmediate` in a server. */
  soon?: (task: () => void) => void;
  /** `cpu` when absent. */
  device?: string;
}

/** A batch of 8 at 25 pictures a second fills in 27 ms with twelve rooms (docs of the batcher). */
const MAX_BATCH_ROWS = 8;

export class Runtime implements InferenceService {
  readonly #models: ReadonlyMap<string, ServedModel>;
  readonly #version: string;
  readonly #device: string;
  readonly memory: MemoryAdmission | undefined;
  #state: 'open' | 'draining' | 'closed' = 'open';

  constructor(options: RuntimeOptions) {
    const { models, clock, version, memory, maxBatchRows = MAX_BATCH_ROWS } = options;
    this.#version = version;
    this.#device = options.device ?? 'cpu';
    this.memory = memory;
    this.#models = new Map(
      models.map(({ config, version: modelVersion, executor }) => [
        config.name,
        new ServedModel({
          config,
          version: modelVersion,
          executor,
          clock,
          maxBatchRows,
          memory,
          soon: options.soon,
        }),
      ]),
    );
  }

  get models(): readonly ServedModel[] {
    return [...this.#models.values()];
  }

  live(): Promise<boolean> {
    return Promise.resolve(this.#state !== 'closed');
  }

  ready(): Promise<boolean> {
    return Promise.resolve(this.#state === 'open');
  }

  modelReady(name: string, version = ''): Promise<boolean> {
    const model = this.#models.get(name);
    const there = model !== undefined && (version === '' || version === model.version);
    return Promise.resolve(there && this.#state === 'open');
  }

  serverMetadata(): Promise<ServerMetadata> {
    return Promise.resolve({
      name: 'understudy-gpu-runtime',
      version: this.#version,
      extensions: ['binary_tensor_data', 'statistics', 'streaming', 'understudy_health'],
    });
  }

  health(): Promise<RuntimeHealth> {
    const models = this.models.map((model) => model.health());
    const memory = this.memory?.state;
    return Promise.resolve({
      live: this.#state !== 'closed',
      ready: this.#state === 'open',
      load: models.reduce((sum, { queued, running }) => sum + queued + running, 0),
      device: this.#device,
      capacityBytes: memory?.capacityBytes,
      availableBytes: memory?.availableBytes,
      models,
    });
  }

  // Async, so that what is thrown is a rejection.
  async modelMetadata(name: string, version = ''): Promise<ModelMetadata> {
    return Promise.resolve(this.#model(name, version).metadata());
  }

  async statistics(name = ''): Promise<ModelStatistics[]> {
    const models = name === '' ? this.models : [this.#model(name, '')];
    return Promise.resolve(models.map((model) => model.statistics()));
  }

  async infer(
    request: InferRequest,
    options: { signal?: AbortSignal } = {},
  ): Promise<InferResponse> {
    if (this.#state === 'closed') {
      throw new RuntimeError('CLOSED');
    }
    return this.#model(request.modelName, request.modelVersion).infer(request, options.signal);
  }

  /** Says that it is not ready, so that nobody new comes; what comes is still served. */
  drain(): void {
    if (this.#state === 'open') {
      this.#state = 'draining';
    }
  }

  async close(): Promise<void> {
    if (this.#state !== 'closed') {
      this.#state = 'closed';
      await Promise.all(this.models.map((model) => model.close()));
    }
  }

  #model(name: string, version: string): ServedModel {
    const model = this.#models.get(name);
    if (model === undefined) {
      throw new RuntimeError('MODEL_UNKNOWN', {
        detail: `“${name.slice(0, 80)}” is not served here.`,
      });
    }
    if (version !== '' && version !== model.version) {
      throw new RuntimeError('MODEL_UNKNOWN', {
        detail: `“${name}” has version ${model.version}, not “${version.slice(0, 20)}”.`,
      });
    }
    return model;
  }
}
