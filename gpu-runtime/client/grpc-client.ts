/** An inference service somewhere else, over gRPC: our own runtime, Triton, or any other Open Inference Protocol server. */
import type { MethodDefinition } from '@grpc/proto-loader';
import { systemClock, type Clock } from '#media/clock.ts';
import { asRuntimeError, RuntimeError } from '../errors.ts';
import type {
  InferenceService,
  InferRequest,
  InferResponse,
  ModelMetadata,
  ModelStatistics,
  RuntimeHealth,
  ServerMetadata,
} from '../ports.ts';
import {
  decodeHealth,
  decodeInferResponse,
  decodeModelMetadata,
  decodeServerMetadata,
  decodeStatistics,
  encodeInferRequest,
} from '../protocol/grpc-codec.ts';
import { inferenceMethods } from '../protocol/grpc-messages.ts';
import { MAX_MESSAGE_BYTES } from '../protocol/limits.ts';
import { CODE_KEY, RETRY_KEY, faultToRuntimeError } from '../protocol/wire-errors.ts';
import { GrpcChannel } from './grpc-channel.ts';
import { GrpcFault } from './grpc-fault.ts';
import { StreamedInference } from './streamed-inference.ts';

export interface GrpcInferenceClientOptions {
  /** `host:port`, or `unix:` and a path. */
  address: string;
  /** How long a question about health, metadata or statistics may take. */
  askTimeoutMs?: number;
  clock?: Clock;
}

/** A runtime that does not say within two seconds that it lives is treated as one that does not. */
const ASK_TIMEOUT_MS = 2_000;
/** The server tells first that an answer would be too late; this is its way here. */
const LATENESS_MS = 250;

export class GrpcInferenceClient implements InferenceService {
  readonly #channel: GrpcChannel;
  readonly #methods = inferenceMethods();
  readonly #askTimeoutMs: number;
  readonly #streamed: StreamedInference;
  /** A server of ours streams and takes withdrawals; others are asked call by call. Undefined until it has said so. */
  #ours: boolean | undefined;
  #closed = false;

  constructor({ address, askTimeoutMs, clock = systemClock }: GrpcInferenceClientOptions) {
    this.#askTimeoutMs = askTimeoutMs ?? ASK_TIMEOUT_MS;
    this.#channel = new GrpcChannel({ address, clock, maxReceiveBytes: MAX_MESSAGE_BYTES });
    this.#streamed = new StreamedInference(this.#channel, clock);
  }

  live(): Promise<boolean> {
    return yes(this.#ask(this.#methods.ServerLive, {}).then(({ live }) => live === true));
  }

  ready(): Promise<boolean> {
    return yes(this.#ask(this.#methods.ServerReady, {}).then(({ ready }) => ready === true));
  }

  modelReady(name: string, version = ''): Promise<boolean> {
    const answer = this.#ask(this.#methods.ModelReady, { name, version });
    return yes(answer.then(({ ready }) => ready === true));
  }

  async serverMetadata(): Promise<ServerMetadata> {
    return decodeServerMetadata(await this.#ask(this.#methods.ServerMetadata, {}));
  }

  /** Undefined from a server that is not ours. Throws RUNTIME_LOST. */
  async health(): Promise<RuntimeHealth | undefined> {
    try {
      const health = decodeHealth(await this.#ask(this.#methods.UnderstudyHealth, {}));
      this.#ours = true;
      return health;
    } catch (error) {
      // So UNIMPLEMENTED arrives; nothing can be wrong with this question.
      if (error instanceof RuntimeError && error.code === 'REQUEST_INVALID') {
        this.#ours = false;
        return undefined;
      }
      throw error;
    }
  }

  async modelMetadata(name: string, version = ''): Promise<ModelMetadata> {
    return decodeModelMetadata(await this.#ask(this.#methods.ModelMetadata, { name, version }));
  }

  async statistics(name = ''): Promise<ModelStatistics[]> {
    try {
      const { model_stats = [] } = await this.#ask(this.#methods.ModelStatistics, { name });
      return model_stats.map(decodeStatistics);
    } catch (error) {
      // Nothing but the name can be wrong with this question: so Triton says that it knows no such model.
      if (error instanceof RuntimeError && error.code === 'REQUEST_INVALID') {
        throw new RuntimeError('MODEL_UNKNOWN', { cause: error });
      }
      throw error;
    }
  }

  async infer(
    request: InferRequest,
    options: { signal?: AbortSignal } = {},
  ): Promise<InferResponse> {
    const timeoutMs = request.scheduling.timeoutMs + LATENESS_MS;
    if (this.#closed) {
      throw new RuntimeError('CLOSED');
    }
    if (await this.#isOurs()) {
      return decodeInferResponse(await this.#streamed.infer(request, timeoutMs, options.signal));
    }
    const wire = encodeInferRequest(request);
    const method = this.#methods.ModelInfer;
    return decodeInferResponse(await this.#call(method, wire, timeoutMs, options.signal));
  }

  /** What is under way ends with CLOSED. */
  close(): Promise<void> {
    this.#closed = true;
    this.#streamed.close();
    this.#channel.close();
    return Promise.resolve();
  }

  /** Asked once; while nobody answers, calls say why. */
  async #isOurs(): Promise<boolean> {
    if (this.#ours === undefined) {
      await this.health().catch(() => undefined);
    }
    return this.#ours ?? false;
  }

  #ask<Request extends object, Response extends object>(
    method: MethodDefinition<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return this.#call(method, request, this.#askTimeoutMs);
  }

  async #call<Request extends object, Response extends object>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Response> {
    if (this.#closed) {
      throw new RuntimeError('CLOSED');
    }
    const { path, requestSerialize, responseDeserialize } = method;
    let answer: Buffer;
    try {
      answer = await this.#channel.unary({
        path,
        message: requestSerialize(request),
        timeoutMs,
        signal,
      });
    } catch (error) {
      throw this.#closed
        ? new RuntimeError('CLOSED', { cause: error })
        : signal?.aborted === true
          ? new RuntimeError('CANCELLED', { cause: error })
          : faultOf(error);
    }
    try {
      return responseDeserialize(answer);
    } catch (error) {
      throw new RuntimeError('MODEL_FAILED', { detail: 'Its answer is damaged.', cause: error });
    }
  }
}

function faultOf(error: unknown): RuntimeError {
  return error instanceof GrpcFault
    ? faultToRuntimeError({
        grpcStatus: error.status,
        message: error.message,
        code: error.metadata[CODE_KEY],
        retryAfterMs: error.metadata[RETRY_KEY],
      })
    : asRuntimeError(error);
}

/** Questions whose answer may be no: a runtime that is not there, or does not know the model, says no. */
async function yes(answer: Promise<boolean>): Promise<boolean> {
  try {
    return await answer;
  } catch {
    return false;
  }
}
