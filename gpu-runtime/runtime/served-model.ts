/** One model as it is served: checked requests in, batches to its executor, answers apart again. */
import type { Clock } from '#media/clock.ts';
import { Batcher, type BatchCounters } from '../batcher/batcher.ts';
import type { DeadLetter } from '../batcher/dead-letters.ts';
import { asRuntimeError, RuntimeError } from '../errors.ts';
import type { Executor } from '../execution/executor.ts';
import type { MemoryAdmission } from '../memory/memory-admission.ts';
import { Histogram, LATENCY_BOUNDS_S, ROWS_BOUNDS } from '../metrics/histogram.ts';
import type {
  InferRequest,
  InferResponse,
  ModelHealth,
  ModelMetadata,
  ModelStatistics,
} from '../ports.ts';
import type { ModelConfig } from '../repository/model-config.ts';
import { checkAgainst, concatRows, copyTensor, splitRows, type Tensor } from '../tensor/tensor.ts';

export interface ServedModelOptions {
  config: ModelConfig;
  version: string;
  executor: Executor;
  clock: Clock;
  /** Rows of one run, where the model allows more. */
  maxBatchRows: number;
  /** As the batcher's. */
  soon?: ((task: () => void) => void) | undefined;
  /** Makes room when a run finds none. */
  memory?: MemoryAdmission | undefined;
}

type Row = readonly Tensor[];

export class ServedModel {
  readonly config: ModelConfig;
  readonly version: string;
  readonly executor: Executor;
  readonly #clock: Clock;
  readonly #batcher: Batcher<Row, Row>;
  readonly #memory: MemoryAdmission | undefined;
  /** Seconds from a request to its answer, of those that had one. */
  readonly latency = new Histogram(LATENCY_BOUNDS_S);
  /** Rows of each run. */
  readonly rows = new Histogram(ROWS_BOUNDS);
  /** Requests that were refused before they were queued. */
  invalid = 0;
  readonly #success = { count: 0, totalMs: 0 };
  readonly #failure = { count: 0, totalMs: 0 };

  constructor(options: ServedModelOptions) {
    const { config, version, executor, clock, maxBatchRows } = options;
    this.#memory = options.memory;
    this.config = config;
    this.version = version;
    this.executor = executor;
    this.#clock = clock;
    this.#batcher = new Batcher({
      clock,
      instances: config.instances,
      maxBatchRows: batches(config) ? Math.min(config.maxBatch, maxBatchRows) : 1,
      maxGatherMs: config.maxGatherMs ?? 0,
      soon: options.soon,
      run: (_key, requests) => this.#observedRun(requests),
    });
  }

  get queued(): number {
    return this.#batcher.queued;
  }

  get running(): number {
    return this.#batcher.running;
  }

  get counters(): Readonly<BatchCounters> {
    return this.#batcher.counters;
  }

  /** Background work that failed for good, newest last. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#batcher.deadLetters;
  }

  health(): ModelHealth {
    const { provider, bytes } = this.executor;
    const { name } = this.config;
    const { version, queued, running } = this;
    return { name, version, provider, bytes, queued, running };
  }

  metadata(): ModelMetadata {
    const { name, backend, inputs, outputs, maxBatch } = this.config;
    const whole = (shape: readonly number[]): readonly number[] =>
      maxBatch > 0 ? [-1, ...shape] : shape;
    return {
      name,
      versions: [this.version],
      platform: backend === 'onnxruntime' ? 'onnxruntime_onnx' : backend,
      inputs: inputs.map((spec) => ({ ...spec, shape: whole(spec.shape) })),
      outputs: outputs.map((spec) => ({ ...spec, shape: whole(spec.shape) })),
    };
  }

  statistics(): ModelStatistics {
    const { counters } = this.#batcher;
    return {
      name: this.config.name,
      version: this.version,
      inferenceCount: counters.rows,
      executionCount: counters.runs,
      success: { ...this.#success },
      failure: { ...this.#failure },
      queueMs: counters.queueMs,
      computeMs: counters.runMs,
    };
  }

  async infer(request: InferRequest, signal?: AbortSignal): Promise<InferResponse> {
    const startedMs = this.#clock.nowMs();
    try {
      const outputs = await this.#answer(request, signal);
      this.#success.count += 1;
      const tookMs = this.#clock.nowMs() - startedMs;
      this.#success.totalMs += tookMs;
      this.latency.observe(tookMs / 1_000);
      const { name } = this.config;
      return { modelName: name, modelVersion: this.version, id: request.id, outputs };
    } catch (error) {
      this.#failure.count += 1;
      this.#failure.totalMs += this.#clock.nowMs() - startedMs;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#batcher.close();
    await this.executor.close();
  }

  async #answer(
    request: InferRequest,
    signal: AbortSignal | undefined,
  ): Promise<readonly Tensor[]> {
    const inputs = this.#inputsOf(request);
    const { config } = this;
    const outputs = await this.#batcher.submit({
      job: inputs,
      key: `${request.scheduling.batchKey} ${config.ragged === true ? '' : shapesOf(inputs, config)}`,
      rows: batches(config) ? inputs[0]!.shape[0]! : 1,
      scheduling: request.scheduling,
      ...(signal === undefined ? {} : { signal }),
    });
    return request.outputs.length === 0
      ? outputs
      : request.outputs.map((wanted) => outputs.find(({ name }) => name === wanted)!);
  }

  /** In the order of the configuration. Throws REQUEST_INVALID. */
  #inputsOf(request: InferRequest): Row {
    try {
      this.#check(request);
    } catch (error) {
      this.invalid += 1;
      throw error;
    }
    return this.config.inputs.map((spec) => request.inputs.find(({ name }) => name === spec.name)!);
  }

  #check(request: InferRequest): void {
    const { config } = this;
    checkAgainst(config.inputs, request.inputs, {
      batched: config.maxBatch > 0,
      maxBatch: config.maxBatch,
    });
    for (const wanted of request.outputs) {
      if (!config.outputs.some(({ name }) => name === wanted)) {
        const known = config.outputs.map(({ name }) => name).join(', ');
        throw new RuntimeError('REQUEST_INVALID', {
          detail: `There is no output “${wanted}”; the model gives ${known}.`,
        });
      }
    }
  }

  #observedRun(requests: readonly Row[]): Promise<readonly (Row | RuntimeError)[]> {
    this.rows.observe(
      batches(this.config)
        ? requests.reduce((sum, request) => sum + request[0]!.shape[0]!, 0)
        : requests.length,
    );
    return this.#memory === undefined
      ? this.#run(requests)
      : this.#memory.survive(() => this.#run(requests));
  }

  /** The executor gets copies: a request that fails may be run again with what it came with. */
  async #run(requests: readonly Row[]): Promise<readonly (Row | RuntimeError)[]> {
    if (this.config.ragged === true && this.executor.runApart !== undefined) {
      return this.#runApart(requests, this.executor.runApart.bind(this.executor));
    }
    if (!batches(this.config)) {
      return [this.#checked(await this.executor.run(requests[0]!.map(copyTensor)))];
    }
    const inputs = this.config.inputs.map((_spec, index) =>
      concatRows(requests.map((request) => request[index]!)),
    );
    const outputs = this.#checked(await this.executor.run(inputs));
    const rows = requests.map((request) => request[0]!.shape[0]!);
    const parts = outputs.map((output) => splitRows(output, rows));
    return requests.map((_request, index) => parts.map((part) => part[index]!));
  }

  async #runApart(
    requests: readonly Row[],
    runApart: NonNullable<Executor['runApart']>,
  ): Promise<readonly (Row | RuntimeError)[]> {
    const results = await runApart(requests.map((request) => request.map(copyTensor)));
    return results.map((result) => {
      if (result instanceof RuntimeError) {
        return result;
      }
      try {
        return this.#checked(result);
      } catch (error) {
        return asRuntimeError(error);
      }
    });
  }

  /** What a model gives is checked too: a wrong output is its fault, not the caller's. */
  #checked(outputs: readonly Tensor[]): readonly Tensor[] {
    for (const { name, datatype } of this.config.outputs) {
      const given = outputs.find((output) => output.name === name);
      if (given?.datatype !== datatype) {
        throw new RuntimeError('MODEL_FAILED', {
          detail: `It gave ${given === undefined ? 'no' : given.datatype} “${name}” where its configuration says ${datatype}.`,
        });
      }
    }
    return outputs;
  }
}

/** Requests of one model meet in one run only where it batches and its configuration says `dynamic_batching`. */
function batches(config: ModelConfig): boolean {
  return config.maxBatch > 0 && config.maxGatherMs !== undefined;
}

/** Tensors of different sizes beyond the batch cannot be joined. */
function shapesOf(inputs: Row, config: ModelConfig): string {
  return inputs
    .map(({ shape }) => (config.maxBatch > 0 ? shape.slice(1) : shape).join('x'))
    .join(' ');
}
