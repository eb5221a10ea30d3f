/** What can go wrong with the database; docs/errors.md says what to do about each code. */
import { DrizzleQueryError } from 'drizzle-orm/errors';

export const DATABASE_ERROR_CODES = [
  'DATABASE_UNREACHABLE',
  'DATABASE_IN_USE',
  'DATABASE_UNREADABLE',
  'MIGRATION_FAILED',
  'MIGRATION_CHANGED',
  'QUERY_FAILED',
] as const;
export type DatabaseErrorCode = (typeof DATABASE_ERROR_CODES)[number];

/** Its message names no value that was stored or asked for: it may be logged. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'DatabaseError';
    this.code = code;
  }
}

/** Connection lost or refused, the server starting or stopping, too many connections. */
const UNREACHABLE =
  /^(?:ECONN\w+|ENOTFOUND|ENOENT|EPIPE|ETIMEDOUT|EAI_AGAIN|08\w{3}|57P0[1-5]|53300)$/u;
/** What the driver says without a code. */
const UNREACHABLE_WORDS = /timeout exceeded when trying to connect|Connection terminated/iu;

/**
 * A failed query without its parameters, which may be a learner's words; undefined for what is no error of a query.
 * The driver's own `detail` may quote rows, so that it does not come along either.
 */
export function asDatabaseError(error: unknown): DatabaseError | undefined {
  if (error instanceof DatabaseError) {
    return error;
  }
  if (!(error instanceof DrizzleQueryError)) {
    return undefined;
  }
  const { code, message } = reasonOf(error.cause);
  return UNREACHABLE.test(code) || UNREACHABLE_WORDS.test(message)
    ? new DatabaseError('DATABASE_UNREACHABLE', `The database does not answer (${code || 'lost'}).`)
    : new DatabaseError('QUERY_FAILED', `SQLSTATE ${code || 'unknown'} of: ${error.query}`);
}

/** Whether a query failed because a row with the same unique value exists. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof DrizzleQueryError && reasonOf(error.cause).code === '23505';

/** Whether a query failed because it names a row that does not exist. */
export const isDangling = (error: unknown): boolean =>
  error instanceof DrizzleQueryError && reasonOf(error.cause).code === '23503';

export function reasonOf(cause: unknown): { code: string; message: string } {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return {
    code: typeof code === 'string' ? code : '',
    message: cause instanceof Error ? cause.message : '',
  };
}
