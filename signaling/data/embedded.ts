/**
 * The embedded PostgreSQL: PGlite over a folder, in this process, one connection. A folder that is missing is made by a
 * process of its own (`create-embedded.ts`), because making it takes 900 MB of memory for some seconds, and appears
 * under its name only when it is whole.
 */
import { PGlite } from '@electric-sql/pglite';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseError, reasonOf } from './database-error.ts';
import { claimFolder } from './folder-claim.ts';

const CREATOR = fileURLToPath(new URL('./create-embedded.ts', import.meta.url));
/** By its address: this process may have been started in any folder. */
const TYPESCRIPT = import.meta.resolve('tsx');
const OWNER_ONLY = 0o700;
/** The default of 128 MB is for servers: with 8 MB the process is 130 MB smaller, and no slower at our sizes. */
const START_PARAMETERS = [...PGlite.defaultStartParams, '-c', 'shared_buffers=8MB'];

export interface EmbeddedPostgres {
  client: PGlite;
  close(): Promise<void>;
}

/** Throws DatabaseError DATABASE_IN_USE or DATABASE_UNREADABLE. */
export async function openEmbedded(folder: string): Promise<EmbeddedPostgres> {
  const parent = dirname(resolve(folder));
  await mkdir(parent, { recursive: true, mode: OWNER_ONLY });
  const path = join(await realpath(parent), basename(folder));
  const giveUp = await claimFolder(path);
  let client: PGlite;
  try {
    await createEmbedded(path);
    client = await PGlite.create({ dataDir: path, startParams: START_PARAMETERS });
  } catch (cause) {
    await giveUp();
    throw new DatabaseError('DATABASE_UNREADABLE', `${path}: ${reasonOf(cause).message}`, {
      cause,
    });
  }
  return {
    client,
    close: async () => {
      try {
        await client.close();
      } finally {
        await giveUp();
      }
    },
  };
}

/** Makes an empty database in `path` where there is none. */
async function createEmbedded(path: string): Promise<void> {
  if (existsSync(join(path, 'PG_VERSION'))) {
    return;
  }
  if (existsSync(path)) {
    throw new Error('It is there, and holds no database.');
  }
  const draft = `${path}.new`;
  await rm(draft, { recursive: true, force: true });
  await new Promise<void>((done, fail) => {
    let said = '';
    const child = spawn(process.execPath, ['--import', TYPESCRIPT, CREATOR, draft], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
    child.once('error', fail);
    child.once('close', (code) => {
      if (code === 0) {
        done();
      } else {
        fail(new Error(`The database could not be made: ${said.trim()}`));
      }
    });
  });
  await rename(draft, path);
}
