/** An inference service somewhere else, over gRPC: our own runtime, Triton, or any other Open Inference Protocol server. */
import {
  Client,
  Metadata,
  credentials,
  type ClientUnaryCall,
  type ServiceError,
} from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import { RuntimeError } from '../errors.ts';
import type {
  InferenceService,
  InferRequest,
  InferResponse,
  ModelMetadata,
  ModelStatistics,
  ServerMetadata,
} from '../ports.ts';
import {
  decodeInferResponse,
  decodeModelMetadata,
  decodeServerMetadata,
  decodeStatistics,
  encodeInferRequest,
} from '../protocol/grpc-codec.ts';
import { inferenceMethods } from '../protocol/grpc-messages.ts';
import { MAX_MESSAGE_BYTES } from '../protocol/limits.ts';
import { CODE_KEY, RETRY_KEY, faultToRuntimeError } from '../protocol/wire-errors.ts';

export interface GrpcInferenceClientOptions {
  /** `host:port`, or any target that gRPC understands (`dns:///…`, `unix:…`). */
  address: string;
  /** How long a question about health, metadata or statistics may take. */
  askTimeoutMs?: number;
  nowEpochMs?: () => number;
}

/** A runtime that does not say within two seconds that it lives is treated as one that does not. */
const ASK_TIMEOUT_MS = 2_000;
/** The server tells first that an answer would be too late; this is its way here. */
const LATENESS_MS = 250;

export class GrpcInferenceClient implements InferenceService {
  readonly #client: Client;
  readonly #methods = inferenceMethods();
  readonly #askTimeoutMs: number;
  readonly #nowEpochMs: () => number;
  readonly #calls = new Set<ClientUnaryCall>();
  #closed = false;

  constructor(options: GrpcInferenceClientOptions) {
    this.#askTimeoutMs = options.askTimeoutMs ?? ASK_TIMEOUT_MS;
    // gRPC counts deadlines on the wall clock.
    this.#nowEpochMs = options.nowEpochMs ?? Date.now;
    this.#client = new Client(options.address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': -1,
      // Whether to send a request again is the pool's decision.
      'grpc.enable_retries': 0,
      // Every client has its own connection, which ends with it.
      'grpc.use_local_subchannel_pool': 1,
      // A picture of 848×480 is 610 kB: it arrives without waiting for the reader's word.
      'grpc-node.flow_control_window': 2 ** 20,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.min_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 2_000,
    });
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
    const response = await this.#call(
      this.#methods.ModelInfer,
      encodeInferRequest(request),
      request.scheduling.timeoutMs + LATENESS_MS,
      options.signal,
    );
    return decodeInferResponse(response);
  }

  /** What is under way ends with CLOSED. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      for (const call of this.#calls) {
        call.cancel();
      }
      this.#client.close();
    }
    return Promise.resolve();
  }

  #ask<Request extends object, Response extends object>(
    method: MethodDefinition<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return this.#call(method, request, this.#askTimeoutMs);
  }

  #call<Request extends object, Response extends object>(
    method: MethodDefinition<Request, Response>,
    request: Request,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        throw new RuntimeError('CLOSED');
      }
      if (signal?.aborted === true) {
        throw new RuntimeError('CANCELLED');
      }
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        new Metadata(),
        { deadline: this.#nowEpochMs() + timeoutMs },
        (error, response) => {
          signal?.removeEventListener('abort', onAbort);
          this.#calls.delete(call);
          if (signal?.aborted === true) {
            reject(new RuntimeError('CANCELLED'));
          } else if (error !== null) {
            reject(this.#fault(error));
          } else if (response === undefined) {
            reject(new RuntimeError('RUNTIME_LOST', { detail: 'It gave no answer.' }));
          } else {
            resolve(response);
          }
        },
      );
      const onAbort = (): void => {
        // A call that is cancelled in the tick in which it was made stays in gRPC's memory until its deadline.
        setImmediate(() => {
          call.cancel();
        });
      };
      this.#calls.add(call);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #fault(error: ServiceError): RuntimeError {
    if (this.#closed) {
      return new RuntimeError('CLOSED', { cause: error });
    }
    return faultToRuntimeError({
      grpcStatus: error.code,
      message: error.details,
      code: error.metadata.get(CODE_KEY)[0],
      retryAfterMs: error.metadata.get(RETRY_KEY)[0],
    });
  }
}

/** Questions whose answer may be no: a runtime that is not there, or does not know the model, says no. */
async function yes(answer: Promise<boolean>): Promise<boolean> {
  try {
    return await answer;
  } catch {
    return false;
  }
}
