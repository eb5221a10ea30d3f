/** What can go wrong between a request and its answer. `docs/errors.md` explains each code. */
export const RUNTIME_ERROR_CODES = {
  REQUEST_INVALID: 'The request does not fit the model.',
  MODEL_UNKNOWN: 'There is no such model here.',
  MODEL_NOT_READY: 'The model is not ready.',
  MODEL_INVALID: 'The model repository holds a model that cannot be loaded.',
  OVERLOADED: 'The queue is full.',
  OUT_OF_MEMORY: 'There is no room on the device.',
  DEADLINE_EXCEEDED: 'The answer would have come too late.',
  CANCELLED: 'The caller no longer wants the answer.',
  MODEL_FAILED: 'The model failed on this request.',
  RUNTIME_LOST: 'The runtime does not answer.',
  CLOSED: 'The runtime is shutting down.',
} as const;

export type RuntimeErrorCode = keyof typeof RUNTIME_ERROR_CODES;

export interface RuntimeErrorOptions {
  detail?: string;
  /** When the same request may be sent again; absent where that is no use. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** An error with a stable code; its message names what is wrong and never holds tensor contents. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: RuntimeErrorCode, options: RuntimeErrorOptions = {}) {
    const text = RUNTIME_ERROR_CODES[code];
    super(options.detail === undefined ? text : `${text} ${options.detail}`, {
      cause: options.cause,
    });
    this.name = 'RuntimeError';
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export function asRuntimeError(error: unknown): RuntimeError {
  return error instanceof RuntimeError
    ? error
    : new RuntimeError('MODEL_FAILED', {
        detail: error instanceof Error ? error.message : String(error),
        cause: error,
      });
}
