/** Signaling as a job sees it: where it keeps and fetches the checkpoint of its session. */
import { roomName, type DispatchMetadata } from '#agents/dispatch/metadata.ts';
import { AccessToken } from 'livekit-server-sdk';
import { z } from 'zod';
import { checkpointSchema, type Checkpoint } from './checkpoint.ts';

const TOKEN_TTL_S = 60;
const keptSchema = z.object({ kept: z.boolean() });
const handedOverSchema = z.object({ handedOver: z.boolean() });
/** Signaling answers within milliseconds; while it restarts, the talk does not wait for it. */
const ANSWER_WITHIN_MS = 2_000;

export interface SessionClientOptions {
  sessionId: string;
  ownership: NonNullable<DispatchMetadata['ownership']>;
  apiKey: string;
  apiSecret: string;
  send?: typeof fetch;
}

/** Another job has the session. */
export class StaleOwnerError extends Error {
  readonly code = 'OWNER_STALE';

  constructor() {
    super('Another agent has taken the session over.');
    this.name = 'StaleOwnerError';
  }
}

export class SessionClient {
  readonly #options: SessionClientOptions;

  constructor(options: SessionClientOptions) {
    this.#options = options;
  }

  get fence(): number {
    return this.#options.ownership.fence;
  }

  /** Signaling's address of `path` for this owner. */
  address(path: 'line' | 'checkpoint' | 'room' | 'handover'): string {
    const { url, fence } = this.#options.ownership;
    return `${url}/${path}?fence=${String(fence)}`;
  }

  async authorization(): Promise<string> {
    const { apiKey, apiSecret, sessionId } = this.#options;
    const token = new AccessToken(apiKey, apiSecret, {
      identity: 'agent-worker',
      ttl: TOKEN_TTL_S,
    });
    token.addGrant({ roomAdmin: true, room: roomName(sessionId) });
    return `Bearer ${await token.toJwt()}`;
  }

  /** Rejects with StaleOwnerError, or with what went wrong. */
  async keep(checkpoint: Checkpoint): Promise<void> {
    const answer = await this.#ask('PUT', this.address('checkpoint'), JSON.stringify(checkpoint));
    if (!answer.ok) {
      throw new Error(`Signaling answered ${String(answer.status)} to the checkpoint.`);
    }
  }

  /** Undefined where there is none: the talk had not begun, or it was lost. */
  async fetch(): Promise<Checkpoint | undefined> {
    const answer = await this.#ask('GET', this.address('checkpoint'));
    if (!answer.ok) {
      throw new Error(`Signaling answered ${String(answer.status)}, not with the checkpoint.`);
    }
    return checkpointSchema.safeParse(await answer.json()).data;
  }

  /** Has the session's room made again where LiveKit has lost it. False: the session is over. Rejects as `keep` does. */
  async keepRoom(): Promise<boolean> {
    const answer = await this.#ask('POST', this.address('room'));
    if (!answer.ok) {
      throw new Error(`Signaling answered ${String(answer.status)}, and keeps no room.`);
    }
    return keptSchema.parse(await answer.json()).kept;
  }

  /**
   * Has another agent sent into the session, which goes on from `lostAtMs` (milliseconds since the epoch). False: the
   * session is over. Rejects as `keep` does.
   */
  async handOver(lostAtMs?: number): Promise<boolean> {
    const when = lostAtMs === undefined ? '' : `&lostAtMs=${String(Math.round(lostAtMs))}`;
    const answer = await this.#ask('POST', `${this.address('handover')}${when}`);
    if (!answer.ok) {
      throw new Error(`Signaling answered ${String(answer.status)}, and takes nothing over.`);
    }
    return handedOverSchema.parse(await answer.json()).handedOver;
  }

  async #ask(method: 'GET' | 'PUT' | 'POST', address: string, body?: string): Promise<Response> {
    const { send = fetch } = this.#options;
    const answer = await send(address, {
      method,
      headers: {
        authorization: await this.authorization(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      ...(body === undefined ? {} : { body }),
    });
    if (answer.status === 409) {
      throw new StaleOwnerError();
    }
    return answer;
  }
}
