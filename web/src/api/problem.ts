/** What went wrong with a request, in a form that a page can act on. */
import type { Problem } from '#signaling/api-types.ts';

/** `UNREACHABLE`: no answer at all. `UNREADABLE`: an answer that is not ours. Else signaling's own code. */
export class ApiError extends Error {
  readonly code: string;
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  /** Seconds after which signaling suggests another try, or null. */
  readonly retryAfterS: number | null;
  readonly requestId: string | null;

  constructor(
    code: string,
    message: string,
    options: { status?: number; retryAfterS?: number | null; requestId?: string | null } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = options.status ?? 0;
    this.retryAfterS = options.retryAfterS ?? null;
    this.requestId = options.requestId ?? null;
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'title' in body;
}

/** Reads an unsuccessful answer. `body` is the parsed JSON, or null when it was none. */
export function errorOf(status: number, body: unknown, retryAfter: string | null): ApiError {
  const seconds = retryAfter === null ? Number.NaN : Number.parseInt(retryAfter, 10);
  const retryAfterS = Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
  if (!isProblem(body)) {
    return new ApiError('UNREADABLE', `The server answered with ${status}.`, {
      status,
      retryAfterS,
    });
  }
  return new ApiError(body.code, body.detail || body.title, {
    status,
    retryAfterS,
    requestId: body.requestId,
  });
}
