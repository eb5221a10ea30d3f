/** A model hub on this machine: serves bytes with ranges, announces checksums, breaks off when told. */
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServedFile {
  bytes: Buffer;
  /** Announced in place of the true checksum; `none` announces nothing. */
  announce?: string;
  /** The connection breaks after this many bytes of an answer, this many times. */
  breaksAfter?: number;
  breaks?: number;
  /** Answers so instead. */
  status?: number;
}

export class WeightsHub {
  readonly requests: { path: string; range: string | undefined }[] = [];
  readonly #files: Map<string, ServedFile>;
  readonly #server: Server;

  constructor(files: Record<string, ServedFile>) {
    this.#files = new Map(Object.entries(files));
    this.#server = createServer((request, response) => {
      const path = request.url ?? '';
      const { range } = request.headers;
      this.requests.push({ path, range });
      const file = this.#files.get(path);
      if (file === undefined || file.status !== undefined) {
        response.writeHead(file?.status ?? 404).end();
        return;
      }
      const begin = Number(/^bytes=(\d+)-$/u.exec(range ?? '')?.[1] ?? 0);
      if (begin >= file.bytes.length) {
        response.writeHead(416).end();
        return;
      }
      const body = file.bytes.subarray(begin);
      const sum = file.announce ?? createHash('sha256').update(file.bytes).digest('hex');
      response.writeHead(begin > 0 ? 206 : 200, {
        'content-length': body.length,
        ...(sum === 'none' ? {} : { 'x-linked-etag': `"${sum}"` }),
      });
      if (file.breaksAfter !== undefined && (file.breaks ?? 0) > 0) {
        file.breaks = (file.breaks ?? 0) - 1;
        response.write(body.subarray(0, file.breaksAfter), () => {
          response.destroy();
        });
        return;
      }
      response.end(body);
    });
  }

  start(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`);
      });
    });
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}
