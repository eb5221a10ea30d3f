/**
 * An embedded database for tests. Making one takes five seconds of a processor, so that one empty folder is made once on
 * this machine and copied; a test file opens one copy and empties its tables between tests.
 */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openDatabase, type Database } from '../database.ts';
import * as schema from '../schema.ts';

const PGLITE = fileURLToPath(
  new URL('../package.json', import.meta.resolve('@electric-sql/pglite')),
);

const PREFIX = 'understudy-database-';

/** A folder of its own with a new database, as one that was just made; opening it migrates it. */
export async function emptyDatabaseFolder(): Promise<string> {
  const { version } = JSON.parse(await readFile(PGLITE, 'utf8')) as { version: string };
  const template = join(tmpdir(), `understudy-pglite-${version}`);
  if (!existsSync(template)) {
    const draft = await mkdtemp(`${template}-`);
    const database = await openDatabase({ folder: join(draft, 'postgres'), migrations: [] });
    await database.close();
    // Another test may have been first.
    await rename(draft, template).catch(() => rm(draft, { recursive: true, force: true }));
  }
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${String(process.pid)}-`));
  await cp(join(template, 'postgres'), join(folder, 'postgres'), { recursive: true });
  return join(folder, 'postgres');
}

/** Removes what test processes that have ended left: they are ended without a word. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const processId = Number(/^understudy-database-(\d+)-/u.exec(name)?.[1]);
    if (processId > 0 && !existsSync(`/proc/${String(processId)}`)) {
      await rm(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}

let shared: Promise<Database> | undefined;

/** The test file's own database, empty. What an earlier test of the file has kept is gone. */
export async function emptyDatabase(): Promise<Database> {
  shared ??= openShared();
  const database = await shared;
  await truncate(database);
  return database;
}

async function openShared(): Promise<Database> {
  const folder = await emptyDatabaseFolder();
  const database = await openDatabase({ folder });
  return database;
}

/** What hangs on these goes with them. */
const TABLES = [
  schema.sessions,
  schema.learners,
  schema.scenarios,
  schema.people,
  schema.apiKeys,
  schema.webhooks,
  schema.idempotencyKeys,
  schema.auditLog,
  schema.signInAttempts,
  schema.providerSignIns,
  schema.livekitEvents,
  schema.dataKeys,
  schema.erasures,
  schema.imports,
];

/** Removes every row. On small tables this is far quicker than `truncate`, which makes new files. */
export async function truncate({ queries }: Database): Promise<void> {
  for (const table of TABLES) {
    await queries.delete(table);
  }
}
