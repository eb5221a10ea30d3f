/**
 * A connection on which PostgreSQL plans each of our statements once. A statement that comes for the second time is
 * given a name, and from then on only its values are sent. Needs a connection of its own for each client: a pooler before
 * PostgreSQL must keep prepared statements (PgBouncer from 1.21).
 */
import { createHash } from 'node:crypto';
import pg from 'pg';

/** Lists with filters make many statements; a connection keeps so many, and the others are planned each time. */
const MOST_PREPARED = 200;

const names = new Map<string, string>();

/** The name of a statement, the same on every connection; undefined the first time, and for what is one too many. */
export function preparedName(text: string): string | undefined {
  const known = names.get(text);
  if (known === undefined && names.size < MOST_PREPARED) {
    const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LETTERS);
    names.set(text, `understudy_${hash}`);
  }
  return known;
}

/** Names of PostgreSQL are 63 letters at most. */
const HASH_LETTERS = 32;

export class PreparedClient extends pg.Client {
  override query(...args: unknown[]): never {
    const [asked, values, ...rest] = args;
    // The driver's many signatures are its caller's: what comes in goes on.
    const ask = super.query.bind(this) as (...given: unknown[]) => never;
    const hasValues = Array.isArray(values) && values.length > 0;
    const { text, name } = (hasValues ? asked : {}) as { text?: unknown; name?: string };
    return typeof text === 'string' && name === undefined
      ? ask({ ...(asked as object), name: preparedName(text) }, values, ...rest)
      : ask(...args);
  }
}
