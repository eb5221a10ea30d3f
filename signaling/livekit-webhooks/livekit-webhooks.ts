/**
 * What LiveKit tells of rooms and participants: each event is taken once, whichever process it comes to, and only if it is
 * LiveKit's own, whole and new.
 */
import { roomName } from '#agents/dispatch/metadata.ts';
import { WebhookReceiver, type WebhookEvent } from 'livekit-server-sdk';
import type { LiveKitEventRecords } from '../data/livekit-event-records.ts';
import type { Session } from '../data/session-records.ts';
import { ProblemError } from '../problems.ts';
import { issuerOf, type TokenKeys } from '../room-tokens.ts';
import type { Rooms } from '../rooms.ts';

/** LiveKit tries for about a minute; its signature is good for five. */
export const OLDEST_MS = 10 * 60_000;
/** Clocks of two machines differ by less. */
export const AHEAD_MS = 2 * 60_000;
/** Ids are kept so long: by then an event that came again would be too old. */
export const KEPT_MS = 2 * OLDEST_MS;

export interface LiveKitWebhooksOptions {
  /** Of every LiveKit whose word is taken. */
  keys: readonly TokenKeys[];
  events: LiveKitEventRecords;
  rooms: Pick<Rooms, 'sid'>;
  find: (sessionId: string) => Promise<Session | undefined>;
  /** The session's room is over. */
  finished: (session: Session) => Promise<void>;
  /** Tells embedders. */
  tell: (
    event: 'participant.joined' | 'participant.left',
    sessionId: string,
    more: { participant: ParticipantPart },
  ) => Promise<void>;
  now?: () => Date;
}

export type ParticipantPart = 'learner' | 'agent' | 'other';

/** LiveKit's number for a participant that is an agent. */
const KIND_AGENT = 4;

export class LiveKitWebhooks {
  readonly #options: LiveKitWebhooksOptions;
  readonly #receivers: ReadonlyMap<string, WebhookReceiver>;
  readonly #now: () => Date;

  constructor(options: LiveKitWebhooksOptions) {
    this.#options = options;
    this.#receivers = new Map(
      options.keys.map(({ apiKey, apiSecret }) => [apiKey, new WebhookReceiver(apiKey, apiSecret)]),
    );
    this.#now = options.now ?? (() => new Date());
  }

  /**
   * `body` as it came. Throws ProblemError TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, LIVEKIT_EVENT_ALTERED,
   * LIVEKIT_EVENT_STALE, LIVEKIT_EVENT_REPEATED or BODY_INVALID.
   */
  async receive(body: string, authorization: string | undefined): Promise<void> {
    const event = await this.#verify(body, authorization);
    const now = this.#now();
    const ageMs = now.getTime() - Number(event.createdAt) * 1_000;
    if (event.id === '' || event.event === '') {
      throw new ProblemError('BODY_INVALID', 'An event has an id and a name.');
    }
    if (ageMs > OLDEST_MS || ageMs < -AHEAD_MS) {
      throw new ProblemError('LIVEKIT_EVENT_STALE', 'Do the clocks of both machines agree?');
    }
    const { events } = this.#options;
    if (!(await events.take(event.id, now))) {
      throw new ProblemError('LIVEKIT_EVENT_REPEATED', 'It was acted upon.');
    }
    try {
      await this.#act(event);
    } catch (error) {
      // LiveKit sends it again when it is answered with 5xx.
      await events.release(event.id);
      throw error;
    }
  }

  async #verify(body: string, authorization: string | undefined): Promise<WebhookEvent> {
    const token = authorization?.replace(/^Bearer /iu, '') ?? '';
    if (token === '') {
      throw new ProblemError('TOKEN_MISSING', 'LiveKit signs what it tells.');
    }
    const receiver = this.#receivers.get(issuerOf(token));
    if (receiver === undefined) {
      throw new ProblemError('TOKEN_INVALID', 'It is not signed by a LiveKit that is known here.');
    }
    try {
      return await receiver.receive(body, token);
    } catch (error) {
      const { code, message } = error as { code?: string; message?: string };
      if (code === 'ERR_JWT_EXPIRED') {
        throw new ProblemError('TOKEN_EXPIRED', 'Do the clocks of both machines agree?');
      }
      if (message?.includes('sha256') === true) {
        throw new ProblemError('LIVEKIT_EVENT_ALTERED', 'The signature is of another body.');
      }
      if (code?.startsWith('ERR_J') === true) {
        throw new ProblemError('TOKEN_INVALID', 'The signature is damaged, or somebody else’s.');
      }
      throw new ProblemError('BODY_INVALID', 'It is no event of LiveKit.');
    }
  }

  async #act({ event, room, participant }: WebhookEvent): Promise<void> {
    const { find, finished, rooms, tell } = this.#options;
    const prefix = roomName('');
    if (room?.name.startsWith(prefix) !== true) {
      return;
    }
    const session = await find(room.name.slice(prefix.length));
    if (session === undefined) {
      return;
    }
    switch (event) {
      case 'room_finished': {
        // A LiveKit that is being stopped finishes every room, and its sessions go on in new ones: `reconcile` decides.
        const sid = await rooms.sid(session.id).catch(() => 'unknown');
        if (session.endedAt === null && (sid === undefined || sid === room.sid)) {
          await finished(session);
        }
        return;
      }
      case 'participant_joined':
      case 'participant_left': {
        const part =
          participant?.identity === session.learnerIdentity
            ? 'learner'
            : (participant?.kind as number | undefined) === KIND_AGENT
              ? 'agent'
              : 'other';
        await tell(
          event === 'participant_joined' ? 'participant.joined' : 'participant.left',
          session.id,
          { participant: part },
        );
      }
    }
  }
}
