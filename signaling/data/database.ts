/** The database: a PostgreSQL server where DATABASE_URL names one, else the embedded one. The same SQL runs on both. */
import type { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { drizzle as drizzleServer } from 'drizzle-orm/node-postgres';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { DatabaseError, reasonOf } from './database-error.ts';
import { migrate, readMigrations, type Migration, type SqlConnection } from './migrate.ts';
import { PreparedClient } from './prepared-client.ts';

/** What records are read from and written to: the database, or a transaction of it. */
export type Queries = PgDatabase<PgQueryResultHKT, Record<string, never>>;

export interface Database {
  kind: 'server' | 'embedded';
  queries: Queries;
  /** Rejects where it does not answer. */
  ping(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** `postgres://…`, or `file:FOLDER` for an embedded one elsewhere; absent for the embedded one in `folder`. */
  url?: string | undefined;
  folder: string;
  migrations?: readonly Migration[];
  /** Connections of this process to a server. */
  maxConnections?: number;
  /** A connection that was idle has broken: the pool opens another. */
  onTrouble?: (error: unknown) => void;
}

const CONNECT_WITHIN_MS = 5_000;
/** No query of ours takes a second; one that hangs must not hold a request for ever. */
const ANSWER_WITHIN_MS = 15_000;
/** Two signaling processes and a psql fit into PostgreSQL's default of 100. */
const MAX_CONNECTIONS = 20;

/** Opens it and brings its schema up to date. Throws DatabaseError. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const migrations = options.migrations ?? (await readMigrations());
  const { url } = options;
  return url === undefined || url.startsWith('file:')
    ? openFolder(url?.slice('file:'.length) ?? options.folder, migrations)
    : openServer(url, migrations, options);
}

async function openFolder(folder: string, migrations: readonly Migration[]): Promise<Database> {
  // Loaded here, so that a process with a server does not carry it.
  const [{ openEmbedded }, { drizzle: drizzleEmbedded }] = await Promise.all([
    import('./embedded.ts'),
    import('drizzle-orm/pglite'),
  ]);
  const embedded = await openEmbedded(folder);
  try {
    await migrate(connectionOf(embedded.client), migrations);
  } catch (error) {
    await embedded.close();
    throw error;
  }
  return over('embedded', drizzleEmbedded(embedded.client), () => embedded.close());
}

async function openServer(
  url: string,
  migrations: readonly Migration[],
  { maxConnections = MAX_CONNECTIONS, onTrouble }: DatabaseOptions,
): Promise<Database> {
  const pool = new pg.Pool({
    Client: PreparedClient,
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    statement_timeout: ANSWER_WITHIN_MS,
    query_timeout: ANSWER_WITHIN_MS,
    application_name: 'understudy-signaling',
  });
  pool.on('error', (error) => onTrouble?.(error));
  try {
    await migrateServer(url, migrations);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return over('server', drizzleServer(pool), () => pool.end());
}

/** On a connection without time limits: it may wait for the lock while another process migrates. */
async function migrateServer(url: string, migrations: readonly Migration[]): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    application_name: 'understudy-migrations',
  });
  // A connection that breaks rejects what waits for it; nobody listens otherwise.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    const { message } = reasonOf(cause);
    throw new DatabaseError('DATABASE_UNREACHABLE', `DATABASE_URL: ${message}`, { cause });
  }
  try {
    await migrate(
      {
        run: async (text) => {
          await client.query(text);
        },
        query: async <Row>(text: string, parameters: unknown[] = []) =>
          (await client.query(text, parameters)).rows as Row[],
      },
      migrations,
    );
  } finally {
    await client.end();
  }
}

const connectionOf = (client: PGlite): SqlConnection => ({
  run: async (text) => {
    await client.exec(text);
  },
  query: async <Row>(text: string, parameters: unknown[] = []) =>
    (await client.query<Row>(text, parameters)).rows,
});

function over(kind: Database['kind'], database: unknown, end: () => Promise<void>): Database {
  // Drivers differ in the type of raw results alone, which nothing of ours looks at.
  const queries = database as Queries;
  let closing: Promise<void> | undefined;
  return {
    kind,
    queries,
    ping: async () => {
      await queries.execute(sql`select 1`);
    },
    close: () => (closing ??= end()),
  };
}
