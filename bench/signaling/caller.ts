/** Asks signaling over connections that stay open, as many as there are requests at the same time. */
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface Asked {
  status: number;
  text: string;
}

const ANSWER_WITHIN_MS = 10_000;

export class Caller {
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #base: URL;
  readonly #ca: Buffer | undefined;

  /** `ca`: the certificate to trust, where the address is https. */
  constructor(base: string, ca?: Buffer) {
    this.#base = new URL(base);
    this.#ca = ca;
    const kept = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 4_096 };
    this.#agent = this.#base.protocol === 'https:' ? new HttpsAgent(kept) : new HttpAgent(kept);
  }

  /** Rejects where no answer comes. */
  ask(
    method: string,
    path: string,
    { body, token }: { body?: string; token?: string } = {},
  ): Promise<Asked> {
    const options: RequestOptions & { ca?: Buffer } = {
      agent: this.#agent,
      method,
      path,
      hostname: this.#base.hostname,
      port: this.#base.port,
      timeout: ANSWER_WITHIN_MS,
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      },
    };
    const send = this.#base.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const asked = send(options, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() });
        });
      });
      asked.on('timeout', () => asked.destroy(new Error('no answer in 10 s')));
      asked.on('error', (error) => {
        reject(error);
      });
      asked.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
