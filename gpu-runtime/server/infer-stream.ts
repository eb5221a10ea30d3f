/** One `ModelStreamInfer` call: requests in any number, answers as they are ready, each with its request's id. */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { RuntimeError, asRuntimeError } from '../errors.ts';
import type { InferenceService } from '../ports.ts';
import { decodeInferRequest, encodeInferResponse } from '../protocol/grpc-codec.ts';
import type {
  WireInferRequest,
  WireParameters,
  WireStreamResponse,
} from '../protocol/grpc-messages.ts';
import { CANCEL_KEY, CODE_KEY, RETRY_KEY, wireMessage } from '../protocol/wire-errors.ts';

export interface InferStreamOptions {
  call: ServerDuplexStream<WireInferRequest, WireStreamResponse>;
  service: InferenceService;
  peer: string;
  maxInFlight?: number;
}

/**
 * Requests of one stream between being read and their answer having left. A reader that is slow fills them, and then
 * nothing more is read: HTTP/2's flow control holds the sender back. 64 pictures of a room are two seconds.
 */
const MAX_IN_FLIGHT = 64;

/** Triton's clients count answers by it; each of our requests has one. */
const FINAL: WireParameters = { triton_final_response: { bool_param: true } };

export class InferStream {
  readonly #options: InferStreamOptions;
  readonly #controller = new AbortController();
  /** Requests that can be withdrawn, by id; of requests with one id the last. */
  readonly #running = new Map<string, AbortController>();
  #inFlight = 0;
  /** Nothing more comes, or nothing more is taken. */
  #ending = false;
  #ended = false;

  constructor(options: InferStreamOptions) {
    this.#options = options;
  }

  /** `onEnded`: the call is over, one way or another. */
  run(onEnded: () => void): void {
    const { call, maxInFlight = MAX_IN_FLIGHT } = this.#options;
    call.on('cancelled', () => {
      this.#controller.abort();
      onEnded();
    });
    call.on('error', () => {
      this.#controller.abort();
    });
    call.on('end', () => {
      this.#ending = true;
      this.#endWhenDone();
    });
    call.on('data', (request: WireInferRequest) => {
      if (this.#ended) {
        return;
      }
      if (request.parameters?.[CANCEL_KEY]?.bool_param === true) {
        this.#running.get(request.id ?? '')?.abort();
        return;
      }
      this.#inFlight += 1;
      if (this.#inFlight >= maxInFlight) {
        call.pause();
      }
      void this.#answer(request).then((response) => {
        this.#send(response);
      });
    });
  }

  /** The server closes: what runs is answered, then the stream ends. */
  finish(): void {
    this.#ending = true;
    this.#endWhenDone();
  }

  /** Never rejects. */
  async #answer(wire: WireInferRequest): Promise<WireStreamResponse> {
    const { service, peer } = this.#options;
    const own = new AbortController();
    const id = wire.id ?? '';
    this.#running.set(id, own);
    const end = (): void => {
      own.abort();
    };
    this.#controller.signal.addEventListener('abort', end, { once: true });
    try {
      const request = decodeInferRequest(wire, peer);
      const response = await service.infer(request, { signal: own.signal });
      return {
        infer_response: { ...encodeInferResponse(response), id: request.id, parameters: FINAL },
      };
    } catch (error) {
      return failure(wire, asRuntimeError(error));
    } finally {
      this.#controller.signal.removeEventListener('abort', end);
      if (this.#running.get(id) === own) {
        this.#running.delete(id);
      }
    }
  }

  #send(response: WireStreamResponse): void {
    if (this.#controller.signal.aborted || this.#ended) {
      return;
    }
    this.#options.call.write(response, () => {
      this.#inFlight -= 1;
      this.#options.call.resume();
      this.#endWhenDone();
    });
  }

  #endWhenDone(): void {
    if (this.#ending && this.#inFlight === 0 && !this.#ended && !this.#controller.signal.aborted) {
      this.#ended = true;
      this.#options.call.end();
    }
  }
}

function failure(request: WireInferRequest, error: RuntimeError): WireStreamResponse {
  const { code, retryAfterMs } = error;
  return {
    error_message: wireMessage(error),
    infer_response: {
      model_name: request.model_name ?? '',
      model_version: request.model_version ?? '',
      id: request.id ?? '',
      parameters: {
        ...FINAL,
        [CODE_KEY]: { string_param: code },
        ...(retryAfterMs === undefined
          ? {}
          : { [RETRY_KEY]: { int64_param: Math.ceil(retryAfterMs) } }),
      },
    },
  };
}
