/** Every error that the API answers with. docs/api.md documents each code; a test holds the two together. */
export const PROBLEMS = {
  BODY_INVALID: { status: 400, title: 'The request body is not valid' },
  REQUEST_INVALID: { status: 400, title: 'The address or a header is not valid' },
  IDEMPOTENCY_KEY_INVALID: { status: 400, title: 'The idempotency key is not valid' },
  TOKEN_MISSING: { status: 401, title: 'A token is needed' },
  TOKEN_INVALID: { status: 401, title: 'The token is not valid' },
  TOKEN_EXPIRED: { status: 401, title: 'The token has expired' },
  LIVEKIT_EVENT_ALTERED: { status: 401, title: 'The event of LiveKit was changed on its way' },
  KEY_INVALID: { status: 401, title: 'There is no such key' },
  KEY_EXPIRED: { status: 401, title: 'The key has expired' },
  KEY_REVOKED: { status: 401, title: 'The key was revoked' },
  KEY_REPLACED: { status: 401, title: 'Another key has taken its place' },
  SIGN_IN_NEEDED: { status: 401, title: 'Somebody must be signed in' },
  SIGN_IN_REFUSED: { status: 401, title: 'The email or the password is wrong' },
  PROVIDER_REFUSED: { status: 401, title: 'The sign-in with the provider did not work out' },
  PROVIDER_EMAIL_UNVERIFIED: { status: 403, title: 'The provider has not verified the email' },
  PERSON_DISABLED: { status: 403, title: 'The account is disabled' },
  ORIGIN_REFUSED: { status: 403, title: 'The request comes from another site' },
  SCOPE_MISSING: { status: 403, title: 'The key lacks a scope' },
  SCOPE_BEYOND: { status: 403, title: 'Nobody gives away more than they have' },
  ROLE_INSUFFICIENT: { status: 403, title: 'The role does not open this' },
  SESSION_OF_OTHERS: { status: 403, title: 'The session is somebody else’s, or there is none' },
  TOKEN_FOR_OTHER_SESSION: { status: 403, title: 'The token belongs to another session' },
  SCENARIO_UNKNOWN: { status: 404, title: 'There is no such scenario' },
  SCENARIO_VERSION_UNKNOWN: { status: 404, title: 'The scenario has no such version' },
  AVATAR_UNKNOWN: { status: 404, title: 'There is no such avatar' },
  SESSION_UNKNOWN: { status: 404, title: 'There is no such session' },
  LEARNER_UNKNOWN: { status: 404, title: 'There is no such learner' },
  PERSON_UNKNOWN: { status: 404, title: 'There is no such person' },
  PROVIDER_NONE: { status: 404, title: 'No provider is set up' },
  API_KEY_UNKNOWN: { status: 404, title: 'There is no such API key' },
  WEBHOOK_UNKNOWN: { status: 404, title: 'There is no such webhook' },
  WEBHOOK_DELIVERY_UNKNOWN: { status: 404, title: 'The webhook has no such delivery' },
  RECORDING_NONE: { status: 404, title: 'There is no recording of this session' },
  RECORDING_FILE_UNKNOWN: { status: 404, title: 'The recording has no such file' },
  ROUTE_UNKNOWN: { status: 404, title: 'There is nothing at this address' },
  SESSION_ENDED: { status: 409, title: 'The session has ended' },
  SCENARIO_EXISTS: { status: 409, title: 'There is a scenario of this id' },
  LEARNER_EXISTS: { status: 409, title: 'There is a learner of this external id' },
  PERSON_EXISTS: { status: 409, title: 'There is a person of this email' },
  LAST_ADMIN: { status: 409, title: 'Somebody must remain admin' },
  API_KEY_SPENT: { status: 409, title: 'The API key is revoked or replaced' },
  WEBHOOK_INACTIVE: { status: 409, title: 'The webhook is not active' },
  LIVEKIT_EVENT_STALE: { status: 409, title: 'The event of LiveKit is of another time' },
  LIVEKIT_EVENT_REPEATED: { status: 409, title: 'The event of LiveKit was taken before' },
  OWNER_STALE: { status: 409, title: 'Another agent has taken the session over' },
  IDEMPOTENCY_KEY_BUSY: { status: 409, title: 'The first request with this key still runs' },
  REVISION_STALE: { status: 412, title: 'It has been changed meanwhile' },
  BODY_TOO_LARGE: { status: 413, title: 'The request body is too large' },
  MEDIA_TYPE_UNKNOWN: { status: 415, title: 'The body is of a type that is not understood' },
  RANGE_INVALID: { status: 416, title: 'The file is shorter than that' },
  SCENARIO_INVALID: { status: 422, title: 'The scenario cannot be used' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The key was used for another request' },
  ROOM_REFUSED: { status: 422, title: 'The room cannot be entered' },
  REVISION_MISSING: { status: 428, title: 'Say which revision is meant' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  SIGN_IN_THROTTLED: { status: 429, title: 'Too many attempts to sign in' },
  RECORDING_UNREADABLE: { status: 500, title: 'The recording cannot be read' },
  DATA_UNREADABLE: { status: 500, title: 'What is kept cannot be decrypted' },
  INTERNAL: { status: 500, title: 'Something went wrong here' },
  SESSIONS_FULL: { status: 503, title: 'Every avatar is busy' },
  AVATARS_FULL: { status: 503, title: 'No avatar worker has room' },
  LIVEKIT_UNREACHABLE: { status: 503, title: 'The media server cannot be reached' },
  PROVIDER_UNREACHABLE: { status: 503, title: 'The provider cannot be reached' },
  AFFINITY_UNREACHABLE: { status: 503, title: 'The store of session affinity cannot be reached' },
  DATABASE_UNREACHABLE: { status: 503, title: 'The database cannot be reached' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Thrown in routes; the server turns it into application/problem+json. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly retryAfterS: number | undefined;
  /** What is wrong, line by line, where that helps. */
  readonly problems: readonly string[] | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { retryAfterS?: number; problems?: readonly string[]; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.retryAfterS = options.retryAfterS;
    this.problems = options.problems;
  }
}
