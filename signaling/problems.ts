/** Every error that the API answers with. docs/api.md documents each code; a test holds the two together. */
export const PROBLEMS = {
  BODY_INVALID: { status: 400, title: 'The request body is not valid' },
  SCENARIO_UNKNOWN: { status: 404, title: 'There is no such scenario' },
  AVATAR_UNKNOWN: { status: 404, title: 'There is no such avatar' },
  SESSION_UNKNOWN: { status: 404, title: 'There is no such session' },
  SESSION_ENDED: { status: 409, title: 'The session has ended' },
  TOKEN_MISSING: { status: 401, title: 'A session token is needed' },
  TOKEN_INVALID: { status: 401, title: 'The session token is not valid' },
  TOKEN_EXPIRED: { status: 401, title: 'The session token has expired' },
  TOKEN_FOR_OTHER_SESSION: { status: 403, title: 'The token belongs to another session' },
  SESSIONS_FULL: { status: 503, title: 'Every avatar is busy' },
  AVATARS_FULL: { status: 503, title: 'No avatar worker has room' },
  ROOM_REFUSED: { status: 422, title: 'The room cannot be entered' },
  LIVEKIT_UNREACHABLE: { status: 503, title: 'The media server cannot be reached' },
  RECORDING_NONE: { status: 404, title: 'There is no recording of this session' },
  RECORDING_FILE_UNKNOWN: { status: 404, title: 'The recording has no such file' },
  RECORDING_UNREADABLE: { status: 500, title: 'The recording cannot be read' },
  RANGE_INVALID: { status: 416, title: 'The file is shorter than that' },
  ROUTE_UNKNOWN: { status: 404, title: 'There is nothing at this address' },
  INTERNAL: { status: 500, title: 'Something went wrong here' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

/** Thrown in routes; the server turns it into application/problem+json. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly retryAfterS: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: { retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.retryAfterS = options.retryAfterS;
  }
}
