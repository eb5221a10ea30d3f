/** Serves an inference service over gRPC, as the Open Inference Protocol has it. */
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type StatusObject,
  type UntypedServiceImplementation,
  type handleUnaryCall,
} from '@grpc/grpc-js';
import { systemClock, type Clock } from '#media/clock.ts';
import { asRuntimeError, RuntimeError } from '../errors.ts';
import type { InferenceService } from '../ports.ts';
import {
  decodeInferRequest,
  encodeHealth,
  encodeInferResponse,
  encodeModelMetadata,
  encodeServerMetadata,
  encodeStatistics,
} from '../protocol/grpc-codec.ts';
import {
  inferenceMethods,
  type ModelName,
  type WireInferRequest,
} from '../protocol/grpc-messages.ts';
import { MAX_MESSAGE_BYTES } from '../protocol/limits.ts';
import { CODE_KEY, RETRY_KEY, WIRE_STATUS, wireMessage } from '../protocol/wire-errors.ts';
import { InferStream, type InferStreamOptions } from './infer-stream.ts';

export interface GrpcInferenceServerOptions {
  /** Stays its owner's: closing the server does not close it. */
  service: InferenceService;
  host?: string;
  /** 0: any that is free. */
  port?: number;
  clock?: Clock;
  /** Calls that still run when the server closes may take this long. */
  graceMs?: number;
  maxMessageBytes?: number;
}

/** A live request takes no longer than a few hundred milliseconds. */
const GRACE_MS = 2_000;
/** Calls of one connection at the same time; more wait at the client. */
const MAX_STREAMS = 1_024;

interface CallContext {
  signal: AbortSignal;
  /** Names the connection: rooms that do not say who they are share by it. */
  peer: string;
}

export class GrpcInferenceServer {
  readonly #options: GrpcInferenceServerOptions;
  readonly #server: Server;
  readonly #streams = new Set<InferStream>();
  #closing: Promise<void> | undefined;

  constructor(options: GrpcInferenceServerOptions) {
    this.#options = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': -1,
      'grpc.max_concurrent_streams': MAX_STREAMS,
    });
    this.#server.addService(
      inferenceMethods() as unknown as ServiceDefinition,
      handlersOf(options.service, this.#streams),
    );
  }

  /** Resolves with the port. */
  start(): Promise<number> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    const address = host.includes(':') ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) {
          resolve(bound);
        } else {
          reject(error);
        }
      });
    });
  }

  /** Accepts nothing new; calls that run get their grace. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const { clock = systemClock, graceMs = GRACE_MS } = this.#options;
      const cancelTimer = clock.after(graceMs, () => {
        this.#server.forceShutdown();
        resolve();
      });
      for (const stream of this.#streams) {
        stream.finish();
      }
      this.#server.tryShutdown(() => {
        cancelTimer();
        resolve();
      });
    });
    return this.#closing;
  }
}

function handlersOf(
  service: InferenceService,
  streams: Set<InferStream>,
): UntypedServiceImplementation {
  return {
    ServerLive: unary(async () => ({ live: await service.live() })),
    ServerReady: unary(async () => ({ ready: await service.ready() })),
    ModelReady: unary(async ({ name = '', version = '' }: ModelName) => ({
      ready: await service.modelReady(name, version),
    })),
    ServerMetadata: unary(async () => encodeServerMetadata(await service.serverMetadata())),
    ModelMetadata: unary(async ({ name = '', version = '' }: ModelName) =>
      encodeModelMetadata(await service.modelMetadata(name, version)),
    ),
    ModelStatistics: unary(async ({ name = '' }: ModelName) => ({
      model_stats: (await service.statistics(name)).map(encodeStatistics),
    })),
    UnderstudyHealth: unary(async () => {
      const health = await service.health?.();
      if (health === undefined) {
        throw new RuntimeError('REQUEST_INVALID', { detail: 'Its health is not told here.' });
      }
      return encodeHealth(health);
    }),
    ModelInfer: unary(async (wire: WireInferRequest, { signal, peer }) =>
      encodeInferResponse(await service.infer(decodeInferRequest(wire, peer), { signal })),
    ),
    ModelStreamInfer: (call: InferStreamOptions['call']) => {
      const stream = new InferStream({ call, service, peer: call.getPeer() });
      streams.add(stream);
      stream.run(() => streams.delete(stream));
    },
  };
}

/** Every call ends with an answer or a typed error; one whose client is gone is aborted. */
function unary<Request, Response>(
  answer: (request: Request, context: CallContext) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const controller = new AbortController();
    let answered = false;
    call.on('cancelled', () => {
      // The library says so of every call that ends.
      if (!answered) {
        controller.abort();
      }
    });
    void answer(call.request, { signal: controller.signal, peer: call.getPeer() }).then(
      (response) => {
        answered = true;
        callback(null, response);
      },
      (error: unknown) => {
        answered = true;
        callback(statusOf(asRuntimeError(error)));
      },
    );
  };
}

function statusOf(error: RuntimeError): Partial<StatusObject> {
  const metadata = new Metadata();
  metadata.set(CODE_KEY, error.code);
  if (error.retryAfterMs !== undefined) {
    metadata.set(RETRY_KEY, String(Math.ceil(error.retryAfterMs)));
  }
  return { code: WIRE_STATUS[error.code].grpc, details: wireMessage(error), metadata };
}
