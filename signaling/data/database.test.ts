import { sql } from 'drizzle-orm';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testKeyRing } from '../privacy/testing-key-ring.ts';
import { DATABASE_ERROR_CODES } from './database-error.ts';
import { openDatabase } from './database.ts';
import { readMigrations } from './migrate.ts';
import { SessionRecords, type Session } from './session-records.ts';
import { emptyDatabaseFolder } from './testing/empty-database.ts';
import { startPostgres, whyNoPostgres, type RunningPostgres } from './testing/postgres-server.ts';

const ring = testKeyRing();
const WRITER = fileURLToPath(new URL('./testing/endless-writer.ts', import.meta.url));

const newSession = (id: string): Session => ({
  id,
  scenarioId: 'first-interview',
  scenarioVersion: 1,
  learnerId: null,
  learnerIdentity: 'learner-1',
  learnerName: 'Wren',
  avatar: null,
  recording: false,
  createdBy: 'test',
  createdAt: new Date('2026-01-01T10:00:00Z'),
  endedAt: null,
  endReason: null,
  region: null,
});

describe('the embedded database', () => {
  // The first one on a machine is made, which takes its time.
  beforeAll(() => emptyDatabaseFolder(), 120_000);

  it('makes its folder, and has everything again when it is opened again', async () => {
    const home = await mkdtemp(join(tmpdir(), 'understudy-made-'));
    const folder = join(home, 'data', 'postgres');
    const first = await openDatabase({ folder });
    await new SessionRecords(first.queries, ring).add(newSession('kept0000'));
    await first.close();
    const again = await openDatabase({ folder });
    expect(await new SessionRecords(again.queries, ring).find('kept0000')).toEqual(
      newSession('kept0000'),
    );
    await again.close();
    await rm(home, { recursive: true });
  }, 120_000);

  it('lets one process in at a time', async () => {
    const folder = await emptyDatabaseFolder();
    const first = await openDatabase({ folder });
    await expect(openDatabase({ folder })).rejects.toMatchObject({ code: 'DATABASE_IN_USE' });
    await first.close();
    const second = await openDatabase({ folder });
    await second.close();
  });

  it('is told as unreadable where the folder holds something else', async () => {
    const home = await mkdtemp(join(tmpdir(), 'understudy-broken-'));
    await writeFile(join(home, 'postgres'), 'a file');
    await expect(openDatabase({ folder: join(home, 'postgres') })).rejects.toMatchObject({
      code: 'DATABASE_UNREADABLE',
    });
    await rm(home, { recursive: true });
  });

  it('loses nothing that was committed when its process is killed while it writes', async () => {
    const folder = await emptyDatabaseFolder();
    const writer = spawn(process.execPath, ['--import', 'tsx', WRITER, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let committed = 0;
    const killed = new Promise<void>((resolve) => writer.once('exit', () => resolve()));
    let said = '';
    for await (const chunk of writer.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      said += chunk;
      committed = said.split('\n').length - 1;
      if (committed >= 50) {
        writer.kill('SIGKILL');
      }
    }
    await killed;
    expect(writer.signalCode).toBe('SIGKILL');
    const database = await openDatabase({ folder });
    const records = new SessionRecords(database.queries, ring);
    for (const id of said.split('\n').slice(0, committed)) {
      expect(await records.find(id), id).toBeDefined();
    }
    await database.close();
  });
});

const noServer = whyNoPostgres();
describe.skipIf(noServer !== undefined)(`a PostgreSQL server ${noServer ?? ''}`, () => {
  let server: RunningPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.close());

  it('is migrated once by many processes that start at the same moment', async () => {
    const url = await server.newDatabase();
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => openDatabase({ url, folder: '' })),
    );
    const names = await opened[0]!.queries.execute(sql`select name from schema_migrations`);
    expect((names as unknown as { rows: unknown[] }).rows).toHaveLength(
      (await readMigrations()).length,
    );
    await Promise.all(opened.map((database) => database.close()));
  });

  it('undoes a migration that fails, as a whole', async () => {
    const url = await server.newDatabase();
    const broken = {
      name: '9000_broken.sql',
      sql: 'create table half (id text); select no_such_function();',
      hash: 'x',
    };
    const migrations = [...(await readMigrations()), broken];
    await expect(openDatabase({ url, folder: '', migrations })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('9000_broken.sql') as string,
    });
    const database = await openDatabase({ url, folder: '' });
    await expect(database.queries.execute(sql`select * from half`)).rejects.toThrow();
    await database.close();
  });

  it('is refused where a migration is not the one it was made with', async () => {
    const url = await server.newDatabase();
    await (await openDatabase({ url, folder: '' })).close();
    const migrations = (await readMigrations()).map((one) => ({ ...one, hash: 'another' }));
    await expect(openDatabase({ url, folder: '', migrations })).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
    });
  });
});

it('a server that is not there is told as such', async () => {
  await expect(
    openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', folder: '' }),
  ).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
});

it('every code is explained in docs/errors.md', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
  for (const code of DATABASE_ERROR_CODES) {
    expect(page).toContain(`| \`${code}\` `);
  }
});
