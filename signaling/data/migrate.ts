/** Brings a database to the newest schema: the SQL files of `migrations/`, each once, in the order of their names. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DatabaseError, reasonOf } from './database-error.ts';

export const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));
const FILE_NAME = /^\d{4}_[a-z0-9_]+\.sql$/u;
/** Any number will do that no other program uses on the same database. */
const LOCK_ID = 7_308_331_952;

/** One connection, which both kinds of database have. */
export interface SqlConnection {
  /** Several statements, without parameters. */
  run(sql: string): Promise<void>;
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
}

export interface Migration {
  name: string;
  sql: string;
  hash: string;
}

export async function readMigrations(folder = MIGRATIONS_FOLDER): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => FILE_NAME.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(`${folder}/${name}`, 'utf8');
      return { name, sql, hash: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Applies what is missing, and returns its names. Several processes may come at once: a lock of the database lets them
 * in one after the other. Throws DatabaseError MIGRATION_FAILED (the file is undone as a whole) or MIGRATION_CHANGED.
 */
export async function migrate(
  connection: SqlConnection,
  migrations: readonly Migration[],
): Promise<string[]> {
  await connection.query('select pg_advisory_lock($1)', [LOCK_ID]);
  try {
    await connection.run(
      `create table if not exists schema_migrations (
         name text primary key, hash text not null, applied_at timestamptz not null default now())`,
    );
    const rows = await connection.query<{ name: string; hash: string }>(
      'select name, hash from schema_migrations',
    );
    const applied = new Map(rows.map(({ name, hash }) => [name, hash]));
    const done: string[] = [];
    for (const migration of migrations) {
      const before = applied.get(migration.name);
      if (before === undefined) {
        await apply(connection, migration);
        done.push(migration.name);
      } else if (before !== migration.hash) {
        throw new DatabaseError(
          'MIGRATION_CHANGED',
          `${migration.name} is not the file that this database was made with.`,
        );
      }
    }
    return done;
  } finally {
    await connection.query('select pg_advisory_unlock($1)', [LOCK_ID]);
  }
}

async function apply(connection: SqlConnection, { name, sql, hash }: Migration): Promise<void> {
  await connection.run('begin');
  try {
    await connection.run(sql);
    await connection.query('insert into schema_migrations (name, hash) values ($1, $2)', [
      name,
      hash,
    ]);
    await connection.run('commit');
  } catch (cause) {
    await connection.run('rollback');
    throw new DatabaseError('MIGRATION_FAILED', `${name}: ${reasonOf(cause).message}`, { cause });
  }
}
