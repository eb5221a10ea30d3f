/** One long gRPC call with messages both ways, on a stream of an HTTP/2 connection. */
import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import { GRPC_STATUS } from '../protocol/wire-errors.ts';
import { GrpcFault, faultOfTrailers } from './grpc-fault.ts';

export interface GrpcStreamEvents {
  /** A whole message; its memory is the receiver's. */
  onMessage: (message: Buffer) => void;
  /** Once, with why: also when the other side ended it well. */
  onClosed: (fault: GrpcFault) => void;
}

const PREFIX_BYTES = 5;

export class GrpcStream {
  readonly #stream: ClientHttp2Stream;
  readonly #maxReceiveBytes: number;
  readonly #events: GrpcStreamEvents;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #problem = 'The connection was lost.';
  #trailers: IncomingHttpHeaders | undefined;
  #closed = false;

  constructor(stream: ClientHttp2Stream, maxReceiveBytes: number, events: GrpcStreamEvents) {
    this.#stream = stream;
    this.#maxReceiveBytes = maxReceiveBytes;
    this.#events = events;
    stream.on('response', (headers) => {
      if (headers['grpc-status'] !== undefined) {
        this.#trailers = headers;
      } else if (headers[':status'] !== 200) {
        this.#problem = `It answered with HTTP status ${String(headers[':status'])}.`;
      }
    });
    stream.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.byteLength;
      this.#deliver();
    });
    stream.on('trailers', (trailers) => {
      this.#trailers = trailers;
    });
    stream.on('error', (error: Error) => {
      this.#problem = error.message;
    });
    stream.on('close', () => {
      this.#close(
        this.#trailers === undefined
          ? new GrpcFault(GRPC_STATUS.UNAVAILABLE, this.#problem)
          : faultOfTrailers(this.#trailers),
      );
    });
  }

  /** False where it has closed. */
  get open(): boolean {
    return !this.#closed && !this.#stream.destroyed && this.#stream.writable;
  }

  write(message: Uint8Array): void {
    const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.byteLength);
    framed[0] = 0;
    framed.writeUInt32BE(message.byteLength, 1);
    framed.set(message, PREFIX_BYTES);
    this.#stream.write(framed);
  }

  /** Nothing more is told after this. */
  cancel(): void {
    this.#closed = true;
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #deliver(): void {
    while (!this.#closed && this.#bytes >= PREFIX_BYTES) {
      const head = this.#head(PREFIX_BYTES);
      const length = head.readUInt32BE(1);
      if (head[0] !== 0 || length > this.#maxReceiveBytes) {
        this.#stream.close(constants.NGHTTP2_CANCEL);
        this.#close(new GrpcFault(GRPC_STATUS.INTERNAL, 'Its answer is no plain message.'));
        return;
      }
      if (this.#bytes < PREFIX_BYTES + length) {
        return;
      }
      const message = this.#head(PREFIX_BYTES + length).subarray(
        PREFIX_BYTES,
        PREFIX_BYTES + length,
      );
      this.#drop(PREFIX_BYTES + length);
      this.#events.onMessage(message);
    }
  }

  /** The first bytes in one piece; chunks are joined only where a message spans them. */
  #head(bytes: number): Buffer {
    if (this.#chunks[0]!.byteLength < bytes) {
      this.#chunks = [Buffer.concat(this.#chunks)];
    }
    return this.#chunks[0]!;
  }

  #drop(bytes: number): void {
    const [first] = this.#chunks;
    this.#bytes -= bytes;
    if (first!.byteLength === bytes) {
      this.#chunks.shift();
    } else {
      this.#chunks[0] = first!.subarray(bytes);
    }
  }

  #close(fault: GrpcFault): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#events.onClosed(fault);
    }
  }
}
