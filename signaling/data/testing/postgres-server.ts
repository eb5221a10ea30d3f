/** A real PostgreSQL for tests: Debian's programs as plain child processes, on a free port, in a folder that is removed. */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface RunningPostgres {
  processId: number;
  /** A new, empty database on it. */
  newDatabase(): Promise<string>;
  close(): Promise<void>;
}

const PROGRAMS_FOLDER = '/usr/lib/postgresql';
const OLDEST = 15;
/** PostgreSQL refuses to run as root. */
const UNPRIVILEGED = 65_534;

/** Why PostgreSQL cannot run here, or undefined where it can. */
export function whyNoPostgres(): string | undefined {
  return programs() === undefined
    ? `No PostgreSQL ${String(OLDEST)} or newer is in ${PROGRAMS_FOLDER}; for example: sudo apt-get install postgresql`
    : undefined;
}

function programs(): string | undefined {
  const versions = existsSync(PROGRAMS_FOLDER) ? readdirSync(PROGRAMS_FOLDER).map(Number) : [];
  const newest = versions.filter((version) => version >= OLDEST).sort((a, b) => b - a)[0];
  const folder = join(PROGRAMS_FOLDER, String(newest), 'bin');
  try {
    accessSync(join(folder, 'initdb'), constants.X_OK);
    accessSync(join(folder, 'postgres'), constants.X_OK);
    return folder;
  } catch {
    return undefined;
  }
}

/** Resolves when it accepts connections. */
export async function startPostgres(): Promise<RunningPostgres> {
  const folder = programs();
  if (folder === undefined) {
    throw new Error(whyNoPostgres());
  }
  const home = mkdtempSync(join(tmpdir(), 'understudy-postgres-'));
  const asUser = process.getuid?.() === 0 ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {};
  if (asUser.uid !== undefined) {
    chownSync(home, asUser.uid, asUser.gid);
  }
  const data = join(home, 'data');
  const made = spawnSync(
    join(folder, 'initdb'),
    ['-D', data, '-U', 'understudy', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...asUser, encoding: 'utf8', cwd: home },
  );
  if (made.status !== 0) {
    throw new Error(`initdb: ${made.stderr}`);
  }
  const port = await freePort();
  const child = spawn(
    join(folder, 'postgres'),
    [
      ...['-D', data, '-p', String(port), '-k', home, '-F'],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'shared_buffers=16MB'],
    ],
    { ...asUser, cwd: home, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const endWithUs = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endWithUs);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.off('exit', endWithUs);
      resolve();
    });
  });
  const isReady = await new Promise<boolean>((resolve) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
      if (said.includes('ready to accept connections')) {
        resolve(true);
      }
    });
    void ended.then(() => {
      resolve(false);
    });
  });
  if (!isReady) {
    throw new Error('PostgreSQL did not start.');
  }
  const server = `postgres://understudy@127.0.0.1:${String(port)}`;
  let databases = 0;
  return {
    processId: child.pid!,
    newDatabase: async () => {
      databases += 1;
      const client = new pg.Client({ connectionString: `${server}/postgres` });
      await client.connect();
      await client.query(`create database test_${String(databases)}`);
      await client.end();
      return `${server}/test_${String(databases)}`;
    },
    close: async () => {
      // Fast shutdown: clients are sent away.
      child.kill('SIGINT');
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}
