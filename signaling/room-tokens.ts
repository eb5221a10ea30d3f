/**
 * Room tokens: the least grant that works, short-lived, refreshable while the session lives.
 * Tokens are LiveKit access tokens (HS256 JWT); the API accepts the same token as proof of the session.
 */
import { roomName } from '#agents/dispatch/metadata.ts';
import { randomBytes } from 'node:crypto';
import { AccessToken, TokenVerifier, TrackSource } from 'livekit-server-sdk';
import { ProblemError } from './problems.ts';

/** 15 minutes: long enough for a slow start, short enough that a leaked link soon dies. The page refreshes it. */
export const TOKEN_TTL_S = 15 * 60;
/** A session's report stays readable with an expired token of that session for this long. */
const REPORT_GRACE_S = 30 * 24 * 3_600;

export interface RoomToken {
  token: string;
  expiresAt: Date;
}

export interface TokenKeys {
  apiKey: string;
  apiSecret: string;
}

export class RoomTokens {
  readonly #keys: TokenKeys;
  readonly #regionKeys: ReadonlyMap<string, TokenKeys>;
  /** By key: a token says whose it is. */
  readonly #verifiers: ReadonlyMap<string, TokenVerifier>;
  readonly #now: () => Date;

  /** `regionKeys` are those of each region's LiveKit, where there are several. */
  constructor(
    keys: TokenKeys,
    now: () => Date = () => new Date(),
    regionKeys: ReadonlyMap<string, TokenKeys> = new Map(),
  ) {
    this.#keys = keys;
    this.#regionKeys = regionKeys;
    this.#verifiers = new Map(
      [...regionKeys.values(), keys].map(({ apiKey, apiSecret }) => [
        apiKey,
        new TokenVerifier(apiKey, apiSecret),
      ]),
    );
    this.#now = now;
  }

  /** A learner may publish a microphone and text, and hear and see; nothing else. */
  async issueForLearner(
    sessionId: string,
    identity: string,
    name: string,
    region: string | null = null,
  ): Promise<RoomToken> {
    const { apiKey, apiSecret } = this.#keysOf(region);
    const token = new AccessToken(apiKey, apiSecret, {
      identity,
      name,
      ttl: TOKEN_TTL_S,
    });
    token.addGrant({
      roomJoin: true,
      room: roomName(sessionId),
      canSubscribe: true,
      canPublish: true,
      canPublishData: true,
      canPublishSources: [TrackSource.MICROPHONE],
      canUpdateOwnMetadata: false,
    });
    const expiresAt = new Date(this.#now().getTime() + TOKEN_TTL_S * 1_000);
    return { token: await token.toJwt(), expiresAt };
  }

  /**
   * Hears and sees one room, is seen by nobody in it, and publishes nothing: no sound, no picture, no data. No route gives
   * it out: a learner is to agree before somebody listens.
   */
  async issueForObserver(sessionId: string, region: string | null = null): Promise<RoomToken> {
    const { apiKey, apiSecret } = this.#keysOf(region);
    const token = new AccessToken(apiKey, apiSecret, {
      identity: `observer-${randomBytes(6).toString('hex')}`,
      ttl: TOKEN_TTL_S,
    });
    token.addGrant({
      roomJoin: true,
      room: roomName(sessionId),
      hidden: true,
      canSubscribe: true,
      canPublish: false,
      canPublishData: false,
      canPublishSources: [],
      canUpdateOwnMetadata: false,
    });
    const expiresAt = new Date(this.#now().getTime() + TOKEN_TTL_S * 1_000);
    return { token: await token.toJwt(), expiresAt };
  }

  /**
   * Checks a learner's bearer token against a session and returns the learner's identity.
   * `allowExpired` serves reading the report of a finished call.
   * Throws ProblemError TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_FOR_OTHER_SESSION.
   */
  async verifyLearner(
    authorization: string | undefined,
    sessionId: string,
    options: { allowExpired?: boolean } = {},
  ): Promise<string> {
    const token = bearer(authorization);
    const claims = await this.#verify(token, options.allowExpired === true ? REPORT_GRACE_S : 0);
    if (claims.video?.room !== roomName(sessionId)) {
      throw new ProblemError(
        'TOKEN_FOR_OTHER_SESSION',
        'Use the token that this session was created with.',
      );
    }
    // An observer's token is for LiveKit alone: it opens nothing here, least of all a learner's token.
    if (claims.video.hidden === true || claims.video.canPublish === false) {
      throw new ProblemError('TOKEN_INVALID', 'This token lets its holder watch, nothing else.');
    }
    return claims.sub ?? '';
  }

  /** Checks the token with which an agent job delivers a report. */
  async verifyWorker(authorization: string | undefined, sessionId: string): Promise<void> {
    const claims = await this.#verify(bearer(authorization), 0);
    if (claims.video?.roomAdmin !== true || claims.video.room !== roomName(sessionId)) {
      throw new ProblemError('TOKEN_INVALID', 'This token may not deliver reports.');
    }
  }

  /** Checks the token of an agent or an avatar worker: an administrator of every room, as only the secret's holder is. */
  async verifyService(authorization: string | undefined): Promise<void> {
    const claims = await this.#verify(bearer(authorization), 0);
    if (claims.video?.roomAdmin !== true || (claims.video.room ?? '') !== '') {
      throw new ProblemError('TOKEN_INVALID', 'It needs the grant roomAdmin, for no room alone.');
    }
  }

  /** Checks a token of whoever holds the LiveKit secret: one that may list rooms. */
  async verifyOwner(authorization: string | undefined): Promise<void> {
    const token = bearer(authorization);
    const claims = await this.#verify(token, 0);
    if (issuerOf(token) !== this.#keys.apiKey) {
      throw new ProblemError(
        'TOKEN_INVALID',
        'The key of a region does not open the whole system.',
      );
    }
    if (claims.video?.roomList !== true) {
      throw new ProblemError('TOKEN_INVALID', 'It needs the grant roomList.');
    }
  }

  #keysOf(region: string | null): TokenKeys {
    return (region === null ? undefined : this.#regionKeys.get(region)) ?? this.#keys;
  }

  async #verify(token: string, toleranceS: number) {
    try {
      const verifier = this.#verifiers.get(issuerOf(token));
      if (verifier === undefined) {
        throw new Error('It is signed with a key that is not known here.');
      }
      return await verifier.verify(token, toleranceS);
    } catch (error) {
      const expired =
        error instanceof Error && (error as { code?: string }).code === 'ERR_JWT_EXPIRED';
      throw expired
        ? new ProblemError('TOKEN_EXPIRED', 'Ask for a fresh token, or start the scene again.')
        : new ProblemError('TOKEN_INVALID', 'The token is damaged or was made by another server.');
    }
  }
}

/** Whose token it says to be; its signature is looked at afterwards. */
export function issuerOf(token: string): string {
  try {
    const { iss } = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'),
    ) as { iss?: unknown };
    return typeof iss === 'string' ? iss : '';
  } catch {
    return '';
  }
}

function bearer(authorization: string | undefined): string {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) {
    throw new ProblemError('TOKEN_MISSING', 'Send the header "Authorization: Bearer <token>".');
  }
  return token;
}
