/**
 * The two calls of LiveKit's room service that every session makes, over connections that stay open and with one token
 * for many calls. The SDK signs a token for each call and sends through fetch, which together cost more processor than
 * all else that signaling does for a session.
 */
import { AccessToken } from 'livekit-server-sdk';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

/** As LiveKit's JSON has it. Timeouts in seconds. */
export interface RoomOptions {
  name: string;
  emptyTimeout: number;
  departureTimeout: number;
  syncStreams: boolean;
  agents: readonly { agentName: string; metadata: string }[];
}

export class RoomCallError extends Error {
  /** LiveKit's word (`not_found`), or `unreachable`. */
  readonly code: string;

  constructor(code: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'RoomCallError';
    this.code = code;
  }
}

const ANSWER_WITHIN_MS = 10_000;
/** No more calls than this at the same time; the others wait for a connection. */
const MOST_CONNECTIONS = 32;
const TOKEN_LASTS_S = 600;
/** A new token is signed when the last one has lived so long. */
const TOKEN_USED_S = 300;

export class RoomCalls {
  readonly #url: URL;
  readonly #keys: { apiKey: string; apiSecret: string };
  readonly #agent: HttpAgent | HttpsAgent;
  #token: { text: Promise<string>; untilMs: number } | undefined;

  /** `url` is the server's ws:// or http:// address. */
  constructor(url: string, apiKey: string, apiSecret: string) {
    this.#url = new URL(url.replace(/^ws/u, 'http'));
    this.#keys = { apiKey, apiSecret };
    const kept = { keepAlive: true, maxSockets: MOST_CONNECTIONS };
    this.#agent = this.#url.protocol === 'https:' ? new HttpsAgent(kept) : new HttpAgent(kept);
  }

  /** Throws RoomCallError. A room that is there stays as it is. */
  create(options: RoomOptions): Promise<void> {
    return this.#call('CreateRoom', options);
  }

  /** Throws RoomCallError, with `not_found` where there is no such room. */
  remove(room: string): Promise<void> {
    return this.#call('DeleteRoom', { room });
  }

  async #call(method: string, body: object): Promise<void> {
    const authorization = `Bearer ${await this.#signed()}`;
    const bytes = Buffer.from(JSON.stringify(body));
    const path = `${this.#url.pathname.replace(/\/$/u, '')}/twirp/livekit.RoomService/${method}`;
    for (let tried = 1; ; tried += 1) {
      try {
        await this.#post(path, authorization, bytes);
        return;
      } catch (error) {
        // LiveKit has closed a connection that was about to be used: both calls may be made twice.
        const isCut = (error as { isReused?: boolean }).isReused === true;
        if (!isCut || tried > 1) {
          throw error;
        }
      }
    }
  }

  #signed(): Promise<string> {
    const nowMs = Date.now();
    if (this.#token === undefined || nowMs >= this.#token.untilMs) {
      const made = new AccessToken(this.#keys.apiKey, this.#keys.apiSecret, { ttl: TOKEN_LASTS_S });
      made.addGrant({ roomCreate: true });
      this.#token = { text: made.toJwt(), untilMs: nowMs + TOKEN_USED_S * 1_000 };
    }
    return this.#token.text;
  }

  #post(path: string, authorization: string, bytes: Buffer): Promise<void> {
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const asked = send(
        {
          agent: this.#agent,
          method: 'POST',
          hostname: this.#url.hostname.replace(/^\[|\]$/gu, ''),
          port: this.#url.port,
          path,
          timeout: ANSWER_WITHIN_MS,
          headers: {
            authorization,
            'content-type': 'application/json',
            'content-length': bytes.byteLength,
          },
        },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('error', fail);
          answer.on('end', () => {
            if (answer.statusCode === 200) {
              resolve();
            } else {
              reject(refusal(answer.statusCode ?? 0, Buffer.concat(parts).toString()));
            }
          });
        },
      );
      const fail = (cause: Error): void => {
        const error = new RoomCallError(
          'unreachable',
          `LiveKit does not answer: ${cause.message}`,
          {
            cause,
          },
        );
        reject(
          Object.assign(error, {
            isReused: asked.reusedSocket && (cause as { code?: string }).code === 'ECONNRESET',
          }),
        );
      };
      asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
      asked.on('error', fail);
      asked.end(bytes);
    });
  }
}

function refusal(status: number, text: string): RoomCallError {
  let told: { code?: unknown; msg?: unknown } = {};
  try {
    told = JSON.parse(text) as typeof told;
  } catch {
    // Not LiveKit's own words.
  }
  const code = typeof told.code === 'string' ? told.code : 'unreachable';
  return new RoomCallError(code, `LiveKit answers ${String(status)}: ${code}`);
}
