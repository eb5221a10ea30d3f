/**
 * Inference over one long `ModelStreamInfer` call: a request costs no stream of HTTP/2 of its own, which at 25 requests a
 * second and room is felt in the pauses of the garbage collector. For runtimes of ours; gpu-runtime/protocol says how
 * requests are withdrawn.
 */
import type { Clock } from '#media/clock.ts';
import { RuntimeError } from '../errors.ts';
import type { InferRequest } from '../ports.ts';
import { encodeInferRequest } from '../protocol/grpc-codec.ts';
import {
  inferenceMethods,
  longToNumber,
  type WireInferRequest,
  type WireInferResponse,
  type WireParameter,
  type WireStreamResponse,
} from '../protocol/grpc-messages.ts';
import { CANCEL_KEY, CODE_KEY, RETRY_KEY, faultToRuntimeError } from '../protocol/wire-errors.ts';
import type { GrpcChannel } from './grpc-channel.ts';
import type { GrpcFault } from './grpc-fault.ts';
import type { GrpcStream } from './grpc-stream.ts';

interface Pending {
  /** The caller's id; ours counts the requests of the stream. */
  callersId: string;
  settle: (outcome: WireInferResponse | RuntimeError) => void;
}

export class StreamedInference {
  readonly #channel: GrpcChannel;
  readonly #clock: Clock;
  readonly #method = inferenceMethods().ModelStreamInfer;
  readonly #pending = new Map<string, Pending>();
  #stream: GrpcStream | undefined;
  #nextId = 1;

  constructor(channel: GrpcChannel, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
  }

  /** Rejects with a RuntimeError. */
  infer(
    request: InferRequest,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<WireInferResponse> {
    if (signal?.aborted === true) {
      return Promise.reject(new RuntimeError('CANCELLED'));
    }
    const wire = encodeInferRequest(request);
    const id = String(this.#nextId++);
    return new Promise((resolve, reject) => {
      const stream = this.#opened();
      if (stream === undefined) {
        reject(new RuntimeError('RUNTIME_LOST', { detail: 'Its address is none.' }));
        return;
      }
      const withdraw = (code: 'CANCELLED' | 'DEADLINE_EXCEEDED'): void => {
        this.#send({ id, model_name: request.modelName, parameters: CANCEL });
        this.#settle(id, new RuntimeError(code));
      };
      const onAbort = (): void => {
        withdraw('CANCELLED');
      };
      const cancelTimer = this.#clock.after(timeoutMs, () => {
        withdraw('DEADLINE_EXCEEDED');
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, {
        callersId: request.id,
        settle: (outcome) => {
          cancelTimer();
          signal?.removeEventListener('abort', onAbort);
          if (outcome instanceof RuntimeError) {
            reject(outcome);
          } else {
            resolve(outcome);
          }
        },
      });
      this.#channel.hold(this.#pending.size > 0);
      this.#send({ ...wire, id });
    });
  }

  /** What is under way ends with CLOSED. */
  close(): void {
    this.#stream?.cancel();
    this.#stream = undefined;
    this.#failAll(() => new RuntimeError('CLOSED'));
  }

  #opened(): GrpcStream | undefined {
    if (this.#stream?.open !== true) {
      this.#stream = this.#channel.stream(this.#method.path, {
        onMessage: (message) => {
          this.#receive(message);
        },
        onClosed: (fault) => {
          this.#stream = undefined;
          this.#failAll(() => lostBy(fault));
        },
      });
    }
    return this.#stream;
  }

  #send(wire: WireInferRequest): void {
    if (this.#stream?.open === true) {
      this.#stream.write(this.#method.requestSerialize(wire));
    }
  }

  #receive(message: Buffer): void {
    let answer: WireStreamResponse;
    try {
      answer = this.#method.responseDeserialize(message);
    } catch (cause) {
      // Whose answer it was cannot be known.
      this.#stream?.cancel();
      this.#stream = undefined;
      this.#failAll(
        () => new RuntimeError('MODEL_FAILED', { detail: 'Its answer is damaged.', cause }),
      );
      return;
    }
    const response = answer.infer_response ?? {};
    const id = response.id ?? '';
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      return;
    }
    const { error_message: problem } = answer;
    if (problem !== undefined && problem !== '') {
      const { parameters = {} } = response;
      this.#settle(
        id,
        faultToRuntimeError({
          grpcStatus: undefined,
          message: problem,
          code: parameters?.[CODE_KEY]?.string_param,
          retryAfterMs: retryAfterOf(parameters?.[RETRY_KEY]),
        }),
      );
      return;
    }
    this.#settle(id, { ...response, id: pending.callersId });
  }

  #settle(id: string, outcome: WireInferResponse | RuntimeError): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#channel.hold(this.#pending.size > 0);
    pending?.settle(outcome);
  }

  #failAll(error: () => RuntimeError): void {
    for (const id of [...this.#pending.keys()]) {
      this.#settle(id, error());
    }
  }
}

const retryAfterOf = (parameter: WireParameter | undefined): number | undefined =>
  parameter?.int64_param === undefined ? undefined : longToNumber(parameter.int64_param);

const CANCEL = { [CANCEL_KEY]: { bool_param: true } };

/** A stream that the runtime ended is one that will not answer any more: it drains or dies. */
function lostBy({ status, message, metadata }: GrpcFault): RuntimeError {
  return status === 0
    ? new RuntimeError('RUNTIME_LOST', { detail: 'It has ended the stream.' })
    : faultToRuntimeError({
        grpcStatus: status,
        message,
        code: metadata[CODE_KEY],
        retryAfterMs: metadata[RETRY_KEY],
      });
}
