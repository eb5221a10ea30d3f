/** An Understudy avatar for an agent of @livekit/agents: `await new UnderstudyAvatarSession().start(session, room, …)`. */
import {
  avatarSummarySchema,
  serviceToken,
  type AvatarRequest,
  type AvatarSummary,
  type ServiceKeys,
} from '#agents/dispatch/avatar-service.ts';
import { PUBLISH_ON_BEHALF } from '#agents/room/avatar-room.ts';
import { voice } from '@livekit/agents';
import { TrackKind, type Room } from '@livekit/rtc-node';
import { AccessToken, RoomServiceClient } from 'livekit-server-sdk';
import { AvatarSessionError } from './avatar-session-error.ts';
import { MarkedAudioOutput } from './marked-audio-output.ts';

export interface UnderstudyAvatarSessionOptions {
  /**
   * Where avatars are asked for: signaling's `http://host:8080/api/avatars`, which finds a worker with room, or one
   * worker's `http://host:8093/v1/avatars`. Default: the environment's UNDERSTUDY_AVATARS_URL, else signaling here.
   */
  avatarsUrl?: string;
  /** LiveKit as the avatar's worker reaches it. Default: LIVEKIT_URL. */
  livekitUrl?: string;
  /** Default: LIVEKIT_API_KEY and LIVEKIT_API_SECRET. */
  keys?: ServiceKeys;
  /** Default: `understudy-avatar`. */
  identity?: string;
  /** As participants see it. Default: the name of the avatar. */
  name?: string;
}

export interface StartOptions {
  /** `ada`, or `neural/ann`. */
  avatar: string;
}

const DEFAULT_AVATARS_URL = 'http://127.0.0.1:8080/api/avatars';
const DEFAULT_IDENTITY = 'understudy-avatar';
/** A worker opens the face and joins the room within this. */
const ANSWER_WITHIN_MS = 20_000;
/** The token lets the avatar in; a call may last as long as it likes afterwards. */
const TOKEN_TTL_S = 600;

/** `AgentSession`, as far as an avatar needs it. */
type AgentSession = Parameters<voice.AvatarSession['start']>[0];

export class UnderstudyAvatarSession extends voice.AvatarSession {
  readonly #options: UnderstudyAvatarSessionOptions;
  #entered: { room: Room; livekitUrl: string; keys: ServiceKeys } | undefined;

  constructor(options: UnderstudyAvatarSessionOptions = {}) {
    super();
    this.#options = options;
  }

  override get avatarIdentity(): string {
    return this.#options.identity ?? DEFAULT_IDENTITY;
  }

  override get provider(): string {
    return 'understudy';
  }

  /**
   * Has an avatar enter the room and speak in the agent's place. Call it before `session.start`, in a connected room.
   * Throws AvatarSessionError.
   */
  override async start(
    session: AgentSession,
    room: Room,
    options: StartOptions = { avatar: 'ada' },
  ): Promise<AvatarSummary> {
    await super.start(session, room);
    try {
      return await this.#enter(session, room, options);
    } catch (error) {
      await this._rollbackStart();
      throw error;
    }
  }

  async #enter(session: AgentSession, room: Room, options: StartOptions): Promise<AvatarSummary> {
    const agentIdentity = room.localParticipant?.identity;
    if (agentIdentity === undefined || room.name === undefined) {
      throw new AvatarSessionError('ROOM_NOT_CONNECTED', 'Connect to the room first.');
    }
    const livekitUrl = this.#options.livekitUrl ?? fromEnvironment('LIVEKIT_URL');
    const keys = this.#options.keys ?? {
      apiKey: fromEnvironment('LIVEKIT_API_KEY'),
      apiSecret: fromEnvironment('LIVEKIT_API_SECRET'),
    };
    const summary = await this.#ask(keys, {
      livekitUrl,
      token: await this.#roomToken(keys, room.name, agentIdentity, options.avatar),
      avatar: options.avatar,
      agentIdentity,
    });
    this.#entered = { room, livekitUrl, keys };
    session.output.audio = new MarkedAudioOutput({
      room,
      destinationIdentity: this.avatarIdentity,
      waitRemoteTrack: TrackKind.KIND_VIDEO,
      waitPlaybackStart: true,
    });
    return summary;
  }

  /** The avatar leaves the room. */
  override async aclose(): Promise<void> {
    const entered = this.#entered;
    this.#entered = undefined;
    if (entered?.room.name !== undefined) {
      const { keys, livekitUrl, room } = entered;
      const client = new RoomServiceClient(
        livekitUrl.replace(/^ws/u, 'http'),
        keys.apiKey,
        keys.apiSecret,
      );
      // It may have left by itself, or the room is over.
      await client.removeParticipant(room.name!, this.avatarIdentity).catch(() => undefined);
    }
    await super.aclose();
  }

  async #ask(keys: ServiceKeys, request: AvatarRequest): Promise<AvatarSummary> {
    const url =
      this.#options.avatarsUrl ?? process.env['UNDERSTUDY_AVATARS_URL'] ?? DEFAULT_AVATARS_URL;
    let answer: Response;
    let body: unknown;
    try {
      answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await serviceToken(keys, 'agent')}`,
        },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      body = await answer.json();
    } catch (cause) {
      throw new AvatarSessionError('SERVICE_UNREACHABLE', `Is something listening at ${url}?`, {
        cause,
      });
    }
    const summary = avatarSummarySchema.safeParse(body);
    if (!answer.ok || !summary.success) {
      const { code, detail } = body as { code?: string; detail?: string };
      throw new AvatarSessionError(
        answer.status === 503 ? 'AVATARS_FULL' : 'AVATAR_REFUSED',
        `${code ?? String(answer.status)}: ${detail ?? ''}`,
      );
    }
    return summary.data;
  }

  /** What the avatar enters with: it may publish for this agent in this room, and hears nobody. */
  async #roomToken(
    keys: ServiceKeys,
    room: string,
    agentIdentity: string,
    avatar: string,
  ): Promise<string> {
    const token = new AccessToken(keys.apiKey, keys.apiSecret, {
      identity: this.avatarIdentity,
      name: this.#options.name ?? avatar,
      ttl: TOKEN_TTL_S,
      attributes: { [PUBLISH_ON_BEHALF]: agentIdentity },
    });
    token.kind = 'agent';
    token.addGrant({ roomJoin: true, room, canPublish: true, canPublishData: true });
    return token.toJwt();
  }
}

function fromEnvironment(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new AvatarSessionError('NOT_CONFIGURED', `Set ${name}, or give it as an option.`);
  }
  return value;
}
