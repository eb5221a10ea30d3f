/** Every error that the worker's HTTP API answers with. README.md documents each code; a test holds the two together. */
export const WORKER_PROBLEMS = {
  BODY_INVALID: { status: 400, title: 'The request body is not valid' },
  TOKEN_MISSING: { status: 401, title: 'A token is needed' },
  TOKEN_INVALID: { status: 401, title: 'The token is not valid' },
  AVATAR_UNKNOWN: { status: 404, title: 'There is no such avatar' },
  PERFORMANCE_UNKNOWN: { status: 404, title: 'No avatar performs under this id' },
  ROUTE_UNKNOWN: { status: 404, title: 'There is nothing at this address' },
  ROOM_REFUSED: { status: 422, title: 'The room cannot be entered' },
  INTERNAL: { status: 500, title: 'Something went wrong here' },
  AVATARS_FULL: { status: 503, title: 'Every avatar is busy' },
  DRAINING: { status: 503, title: 'This worker is about to end' },
} as const;

export type WorkerProblemCode = keyof typeof WORKER_PROBLEMS;

/** Thrown while a request is served; the server turns it into application/problem+json. */
export class WorkerProblem extends Error {
  readonly code: WorkerProblemCode;
  readonly retryAfterS: number | undefined;

  constructor(
    code: WorkerProblemCode,
    detail: string,
    options: { retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'WorkerProblem';
    this.code = code;
    this.retryAfterS = options.retryAfterS;
  }
}
