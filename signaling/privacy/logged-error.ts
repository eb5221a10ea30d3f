/**
 * An error as it stands in the log: what it is and where, without the values that drivers, parsers and checks put into theirs.
 */
import { asDatabaseError } from '../data/database-error.ts';

const WITHHELD = '(withheld)';
/** Their messages quote what they could not read. */
const QUOTING = /Syntax|Zod|JSON|Serialization|Validation/u;
const DEEPEST = 4;

export interface LoggedError {
  [key: string]: unknown;
  type: string;
  message: string;
  stack: string;
}

export function loggedError(error: unknown, depth = 0): LoggedError {
  const database = asDatabaseError(error);
  if (database !== undefined) {
    return { type: database.name, code: database.code, message: database.message, stack: '' };
  }
  if (!(error instanceof Error)) {
    return { type: typeof error, message: WITHHELD, stack: '' };
  }
  const { code } = error as { code?: unknown };
  const quotes = QUOTING.test(`${error.name} ${error.constructor.name} ${String(code)}`);
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: quotes ? WITHHELD : error.message,
    // The lines before are the message again.
    stack: (error.stack ?? '')
      .split('\n')
      .filter((frame) => /^\s+at /u.test(frame))
      .join('\n'),
    ...(error.cause === undefined || depth >= DEEPEST
      ? {}
      : { cause: loggedError(error.cause, depth + 1) }),
  };
}
