/** One connection after another to a server: bytes out, an answer in. HTTP is read here as strictly as our own answers are written. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface WireAnswer {
  /** 0: the connection was closed, or nothing came in time, without an answer. */
  status: number;
  /** Lower-case names; several of one name are joined with a comma. */
  headers: Record<string, string>;
  body: string;
  /** Everything after the first answer until the connection was closed; only of requests sent with `alone`. */
  rest: string;
}

const ANSWER_WITHIN_MS = 20_000;
/** Of a connection that stays open after an odd request: what more would come has come by then. */
const QUIET_MS = 150;
/** A server that has said nothing to half a request by then waits for the other half. */
const WORDLESS_MS = 1_000;
const NOTHING: WireAnswer = { status: 0, headers: {}, body: '', rest: '' };

export class Wire {
  readonly #address: URL;
  #socket: Socket | undefined;

  /** `http://host:port` or `https://host:port`, whose certificate is not looked at. */
  constructor(address: string) {
    this.#address = new URL(address);
  }

  get host(): string {
    return this.#address.host;
  }

  /** `alone`: the connection is new, and all that comes on it until it is closed or quiet belongs to the answer. */
  async send(bytes: Buffer, method: string, { alone = false } = {}): Promise<WireAnswer> {
    if (alone) {
      this.close();
    }
    const wasOpen = this.#socket !== undefined;
    const answer = await this.#exchange(bytes, method, alone);
    // A kept connection may have been closed by the server just then; the second time it is an answer.
    return answer === undefined
      ? wasOpen
        ? ((await this.#exchange(bytes, method, alone)) ?? NOTHING)
        : NOTHING
      : answer;
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  async #open(): Promise<Socket> {
    const { hostname, port, protocol } = this.#address;
    const socket = await new Promise<Socket>((resolve, reject) => {
      const opened =
        protocol === 'https:'
          ? connectTls(
              {
                host: '127.0.0.1',
                port: Number(port),
                servername: hostname,
                rejectUnauthorized: false,
              },
              () => {
                resolve(opened);
              },
            )
          : connectPlain(Number(port), hostname, () => {
              resolve(opened);
            });
      opened.once('error', reject);
    });
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    return socket;
  }

  async #exchange(bytes: Buffer, method: string, alone: boolean): Promise<WireAnswer | undefined> {
    const socket = (this.#socket ??= await this.#open());
    return new Promise((resolve) => {
      let heard = Buffer.alloc(0);
      let quiet: NodeJS.Timeout | undefined;
      const done = (answer: WireAnswer | undefined, keep: boolean): void => {
        clearTimeout(late);
        clearTimeout(quiet);
        socket.off('data', hear);
        socket.off('close', closed);
        if (!keep) {
          socket.destroy();
          this.#socket = undefined;
        }
        resolve(answer);
      };
      const late = setTimeout(
        () => {
          done(NOTHING, false);
        },
        alone ? WORDLESS_MS : ANSWER_WITHIN_MS,
      );
      const whole = (isClosed: boolean): void => {
        const read = readAnswer(heard, method, isClosed);
        if (read !== undefined) {
          done({ ...read, rest: read.left.toString('latin1') }, !isClosed && read.keep && !alone);
        } else if (isClosed) {
          done(heard.length === 0 ? undefined : NOTHING, false);
        }
      };
      const hear = (part: Buffer): void => {
        heard = Buffer.concat([heard, part]);
        if (alone) {
          clearTimeout(late);
          clearTimeout(quiet);
          quiet = setTimeout(() => {
            whole(true);
          }, QUIET_MS);
        } else {
          whole(false);
        }
      };
      const closed = (): void => {
        whole(true);
      };
      socket.on('data', hear);
      socket.once('close', closed);
      socket.write(bytes);
    });
  }
}

interface Read {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** What follows it. */
  left: Buffer;
  keep: boolean;
}

/** The first answer in `heard`, when all of it is there. Exported for its tests. */
export function readAnswer(heard: Buffer, method: string, isClosed: boolean): Read | undefined {
  const headEnd = heard.indexOf('\r\n\r\n');
  if (headEnd < 0) {
    return undefined;
  }
  const [first = '', ...lines] = heard.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/u.exec(first)?.[1] ?? 0);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  const after = heard.subarray(headEnd + 4);
  if (status >= 100 && status < 200) {
    return status === 101
      ? { status, headers, body: '', left: after, keep: false }
      : readAnswer(after, method, isClosed);
  }
  const keep = headers['connection'] !== 'close';
  const found = (bytes: Buffer, left: Buffer): Read => ({
    ...{ status, headers, left, keep },
    body: bytes.toString('utf8'),
  });
  if (method === 'HEAD' || status === 204 || status === 304) {
    return found(Buffer.alloc(0), after);
  }
  if (headers['transfer-encoding'] === 'chunked') {
    return readChunks(after, found);
  }
  const length = headers['content-length'];
  if (length === undefined) {
    return isClosed ? { ...found(after, Buffer.alloc(0)), keep: false } : undefined;
  }
  const bytes = Number(length);
  return after.length < bytes ? undefined : found(after.subarray(0, bytes), after.subarray(bytes));
}

function readChunks(bytes: Buffer, found: (body: Buffer, left: Buffer) => Read): Read | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\r\n', at);
    const size = end < 0 ? NaN : parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (Number.isNaN(size) || bytes.length < end + 2 + size + 2) {
      return undefined;
    }
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
    if (size === 0) {
      return found(Buffer.concat(parts), bytes.subarray(at));
    }
  }
}
