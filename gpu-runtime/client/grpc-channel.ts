/**
 * Unary gRPC calls on one HTTP/2 connection, and no more of gRPC than an inference client needs: no balancing, no
 * retries, no interceptors, no compression. A call costs less than half of what it costs through `@grpc/grpc-js`, which
 * at 25 calls a second and room is felt. Source: "gRPC over HTTP2", grpc.io.
 */
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Clock } from '#media/clock.ts';
import { GRPC_STATUS } from '../protocol/wire-errors.ts';
import { faultOfTrailers, GrpcFault } from './grpc-fault.ts';
import { GrpcStream, type GrpcStreamEvents } from './grpc-stream.ts';

export interface GrpcChannelOptions {
  /** `host:port`, or `unix:` and a path. */
  address: string;
  clock: Clock;
  maxReceiveBytes: number;
}

export interface UnaryCall {
  /** `/package.Service/Method`. */
  path: string;
  message: Uint8Array;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

const { HTTP2_HEADER_PATH, HTTP2_HEADER_METHOD, HTTP2_HEADER_CONTENT_TYPE, NGHTTP2_CANCEL } =
  constants;
/** A picture of 848×480 is 610 kB: it arrives without waiting for the reader's word. */
const WINDOW_BYTES = 2 ** 20;
/** An address that does not answer is given up sooner than the system would. */
const CONNECT_MS = 2_000;
/** A small message goes out with its prefix in one piece; a large one is not copied for it. */
const COPIED_BYTES = 16_384;
const PREFIX_BYTES = 5;
/** A connection has 2^30 numbers for its streams; a busy one would use them up in a week. */
const MAX_CALLS = 2 ** 29;
/** gRPC allows eight digits. */
const MAX_TIMEOUT_MS = 99_999_999;

export class GrpcChannel {
  readonly #options: GrpcChannelOptions;
  readonly #calls = new Set<Call>();
  #session: ClientHttp2Session | undefined;
  #callsOfSession = 0;
  #held = false;
  #closed = false;

  constructor(options: GrpcChannelOptions) {
    this.#options = options;
  }

  /** Rejects with GrpcFault. A call whose signal is aborted ends with CANCELLED. */
  unary({ path, message, timeoutMs, signal }: UnaryCall): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#closed || signal?.aborted === true) {
        reject(
          new GrpcFault(GRPC_STATUS.CANCELLED, 'The channel is closed or the call is aborted.'),
        );
        return;
      }
      const { clock, maxReceiveBytes } = this.#options;
      const session = this.#connected();
      if (session === undefined) {
        reject(new GrpcFault(GRPC_STATUS.UNAVAILABLE, 'Its address is none.'));
        return;
      }
      const stream = session.request({
        [HTTP2_HEADER_METHOD]: 'POST',
        [HTTP2_HEADER_PATH]: path,
        [HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
        te: 'trailers',
        'grpc-timeout': `${String(Math.max(1, Math.min(MAX_TIMEOUT_MS, Math.ceil(timeoutMs))))}m`,
      });
      const call = new Call(stream, maxReceiveBytes, (outcome) => {
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
        this.#calls.delete(call);
        this.#rest();
        if (outcome instanceof GrpcFault) {
          reject(outcome);
        } else {
          resolve(outcome);
        }
      });
      const onAbort = (): void => {
        call.cancel(new GrpcFault(GRPC_STATUS.CANCELLED, 'The caller aborted it.'));
      };
      const cancelTimer = clock.after(timeoutMs, () => {
        call.cancel(new GrpcFault(GRPC_STATUS.DEADLINE_EXCEEDED, 'No answer came in time.'));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#calls.size === 0) {
        session.ref();
      }
      this.#calls.add(call);
      call.send(message);
    });
  }

  /** A call that stays open; undefined where the address is none. It is not cancelled with the channel. */
  stream(path: string, events: GrpcStreamEvents): GrpcStream | undefined {
    const session = this.#closed ? undefined : this.#connected();
    return (
      session &&
      new GrpcStream(
        session.request({
          [HTTP2_HEADER_METHOD]: 'POST',
          [HTTP2_HEADER_PATH]: path,
          [HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
          te: 'trailers',
        }),
        this.#options.maxReceiveBytes,
        events,
      )
    );
  }

  /** Whether somebody waits for answers of a stream: only then the connection keeps the process alive. */
  hold(held: boolean): void {
    this.#held = held;
    if (held && this.#session?.destroyed === false) {
      this.#session.ref();
    } else {
      this.#rest();
    }
  }

  /** Calls under way end with CANCELLED. */
  close(): void {
    this.#closed = true;
    for (const call of [...this.#calls]) {
      call.cancel(new GrpcFault(GRPC_STATUS.CANCELLED, 'The channel was closed.'));
    }
    // Streams that are being reset keep the session until their frames have left.
    this.#session?.close();
  }

  #rest(): void {
    if (this.#calls.size === 0 && !this.#held && this.#session?.destroyed === false) {
      this.#session.unref();
    }
  }

  /** A new connection where the last one has ended or is ending; calls wait in it until it stands. */
  #connected(): ClientHttp2Session | undefined {
    const current = this.#session;
    this.#callsOfSession += 1;
    if (this.#callsOfSession < MAX_CALLS && current?.closed === false && !current.destroyed) {
      return current;
    }
    current?.close();
    const { address, clock } = this.#options;
    const unix = address.startsWith('unix:');
    let session: ClientHttp2Session;
    try {
      session = connect(unix ? 'http://localhost' : `http://${address}`, {
        settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
        ...(unix ? { path: address.slice('unix:'.length) } : {}),
      });
    } catch {
      return undefined;
    }
    this.#callsOfSession = 1;
    const cancelTimer = clock.after(CONNECT_MS, () => {
      session.destroy(new Error('The address does not answer.'));
    });
    session.once('connect', () => {
      cancelTimer();
      // One that was given up meanwhile is told all the same.
      if (!session.destroyed) {
        session.setLocalWindowSize(WINDOW_BYTES);
      }
    });
    session.once('close', cancelTimer);
    // Each of its streams is told; the session has nobody else to tell.
    session.on('error', () => undefined);
    session.unref();
    this.#session = session;
    return session;
  }
}

/** One call on its stream. Tells its outcome once. */
class Call {
  readonly #stream: ClientHttp2Stream;
  readonly #maxReceiveBytes: number;
  #tell: ((outcome: Buffer | GrpcFault) => void) | undefined;
  readonly #chunks: Buffer[] = [];
  #receivedBytes = 0;
  #problem = 'The connection was lost.';
  #httpStatus: number | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #ended = false;

  constructor(
    stream: ClientHttp2Stream,
    maxReceiveBytes: number,
    tell: (outcome: Buffer | GrpcFault) => void,
  ) {
    this.#stream = stream;
    this.#maxReceiveBytes = maxReceiveBytes;
    this.#tell = tell;
    stream.on('response', (headers) => {
      this.#httpStatus = headers[':status'];
      // An answer without a body says all in its headers.
      if (headers['grpc-status'] !== undefined) {
        this.#trailers = headers;
      }
    });
    stream.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    stream.on('trailers', (trailers) => {
      this.#trailers = trailers;
      this.#settleWhenWhole();
    });
    stream.on('end', () => {
      this.#ended = true;
      this.#settleWhenWhole();
    });
    stream.on('error', (error: Error) => {
      this.#problem = error.message;
    });
    stream.on('close', () => {
      this.#settleClosed();
    });
  }

  send(message: Uint8Array): void {
    const { byteLength } = message;
    const copied = byteLength <= COPIED_BYTES;
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES + (copied ? byteLength : 0));
    prefix[0] = 0;
    prefix.writeUInt32BE(byteLength, 1);
    if (copied) {
      prefix.set(message, PREFIX_BYTES);
      this.#stream.end(prefix);
    } else {
      this.#stream.write(prefix);
      this.#stream.end(message);
    }
  }

  cancel(fault: GrpcFault): void {
    this.#settle(fault);
    this.#stream.close(NGHTTP2_CANCEL);
  }

  #receive(chunk: Buffer): void {
    this.#receivedBytes += chunk.byteLength;
    if (this.#receivedBytes > this.#maxReceiveBytes + PREFIX_BYTES) {
      const most = String(this.#maxReceiveBytes);
      this.cancel(
        new GrpcFault(GRPC_STATUS.RESOURCE_EXHAUSTED, `The answer is larger than ${most} bytes.`),
      );
      return;
    }
    this.#chunks.push(chunk);
  }

  #settleWhenWhole(): void {
    if (this.#ended && this.#trailers?.['grpc-status'] !== undefined) {
      this.#settle(outcomeOf(this.#trailers, this.#chunks));
    }
  }

  #settleClosed(): void {
    if (this.#trailers?.['grpc-status'] !== undefined) {
      this.#settle(outcomeOf(this.#trailers, this.#chunks));
      return;
    }
    const problem =
      this.#httpStatus === undefined || this.#httpStatus === 200
        ? this.#problem
        : `It answered with HTTP status ${String(this.#httpStatus)}.`;
    this.#settle(new GrpcFault(GRPC_STATUS.UNAVAILABLE, problem));
  }

  #settle(outcome: Buffer | GrpcFault): void {
    const tell = this.#tell;
    this.#tell = undefined;
    tell?.(outcome);
  }
}

function outcomeOf(trailers: IncomingHttpHeaders, chunks: readonly Buffer[]): Buffer | GrpcFault {
  const status = Number(trailers['grpc-status']);
  if (status !== 0) {
    return faultOfTrailers(trailers);
  }
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  const damaged =
    body.byteLength < PREFIX_BYTES ||
    body[0] !== 0 ||
    body.readUInt32BE(1) !== body.byteLength - PREFIX_BYTES;
  return damaged
    ? new GrpcFault(GRPC_STATUS.INTERNAL, 'Its answer is no single plain message.')
    : body.subarray(PREFIX_BYTES);
}
