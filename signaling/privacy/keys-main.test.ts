/** The program over a real folder: a key is made, rotated, killed in the middle of it, gone on with; a lost key is told. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cp } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../data/database.ts';
import { DataKeyRecords } from '../data/data-key-records.ts';
import { recordsOf, type Records } from '../data/records.ts';
import { emptyDatabaseFolder } from '../data/testing/empty-database.ts';
import { emptyReport } from '../testing.ts';
import { newDataKey } from './key-ring.ts';
import { keyFilePath } from './key-source.ts';
import { openKeyRing } from './open-key-ring.ts';
import { newSession, spoken } from './testing-rows.ts';

const PROGRAM = fileURLToPath(new URL('./keys-main.ts', import.meta.url));
/** Sixty batches: it is killed after the first. */
const ROWS = 6_000;
let dataFolder: string;

beforeAll(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'understudy-keys-program-'));
  await mkdir(join(dataFolder, 'data'));
  await cp(await emptyDatabaseFolder(), join(dataFolder, 'data', 'postgres'), { recursive: true });
}, 120_000);
afterAll(() => rm(dataFolder, { recursive: true }));

/** `until` ends it at once, without a word, when it has said that. */
function run(
  args: string[],
  { until, env = {} }: { until?: RegExp; env?: Record<string, string> } = {},
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, ...args], {
      env: { ...process.env, UNDERSTUDY_DATA: dataFolder, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (until?.test(out) === true) {
        child.kill('SIGKILL');
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, out, err });
    });
  });
}

const lines = (out: string): Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function open(given?: string): Promise<{ database: Database; records: Records }> {
  const database = await openDatabase({ folder: join(dataFolder, 'data', 'postgres') });
  try {
    const records = new DataKeyRecords(database.queries);
    const { ring } = await openKeyRing({ given, dataFolder, records });
    return { database, records: recordsOf(database.queries, ring) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function expectReadable(): Promise<void> {
  const { database, records } = await open();
  const turns = await records.reports.transcript('one00000');
  expect(turns.map(({ text }) => text)).toEqual(
    Array.from({ length: ROWS }, (_, index) => `words ${String(index)}`),
  );
  await database.close();
}

describe.sequential('npm run keys', () => {
  it('says how it is used, and what it did not understand', async () => {
    expect((await run(['--help'])).out).toContain('rotate');
    const odd = await run(['shuffle']);
    expect([odd.code, odd.err.includes('shuffle')]).toEqual([2, true]);
  }, 60_000);

  it('a first start makes a key; one that was killed while it rotated goes on without another key', async () => {
    const { database, records } = await open();
    const file = keyFilePath(dataFolder);
    expect((await readFile(file, 'utf8')).match(/^[0-9a-f]{64}$/gmu)).toHaveLength(1);
    await records.sessions.add(newSession({ id: 'one00000' }));
    const transcript = Array.from({ length: ROWS }, (_, index) => spoken(`words ${String(index)}`));
    await records.reports.save({ ...emptyReport('one00000'), transcript }, new Date());
    await database.close();

    const killed = await run(['rotate', '--json'], { until: /"done":100/u });
    expect(killed.code).toBeNull();
    const [added] = lines(killed.out);
    expect((await readFile(file, 'utf8')).match(/^[0-9a-f]{64}$/gmu)).toHaveLength(2);
    await expectReadable();

    const resumed = await run(['rotate', '--json']);
    expect([resumed.code, resumed.err]).toEqual([0, '']);
    const said = lines(resumed.out);
    expect(said[0]!['resumed']).toBeGreaterThan(0);
    expect(said[0]!['resumed']).toBeLessThan(ROWS + 2);
    expect(said.at(-1)).toMatchObject({ newest: added!['added'], damaged: 0 });
    expect((await readFile(file, 'utf8')).match(/^[0-9a-f]{64}$/gmu)).toHaveLength(2);
    await expectReadable();

    const status = lines((await run(['--status', '--json'])).out)[0] as {
      keys: { id: string; newest: boolean; rows: number }[];
      plain: number;
    };
    expect(status.plain).toBe(0);
    expect(status.keys.map(({ newest, rows }) => [newest, rows])).toEqual([
      [true, ROWS + 2],
      [false, 0],
    ]);
    const early = await run(['retire', status.keys[1]!.id]);
    expect([early.code, early.err.includes('DATA_KEY_IN_USE')]).toEqual([1, true]);
  }, 120_000);

  it('while signaling has the embedded database, rotate adds the key and leaves the rest to it', async () => {
    const { database } = await open();
    const beside = await run(['rotate', '--json']);
    expect([beside.code, lines(beside.out)[0]!['background']]).toEqual([0, true]);
    expect((await run(['status'])).err).toContain('DATABASE_IN_USE');
    await database.close();
    await expectReadable();
  }, 60_000);

  it('a lost key is told with its name, nothing starts, and no other key is made in its place', async () => {
    const file = keyFilePath(dataFolder);
    await rename(file, `${file}.away`);
    await expect(open()).rejects.toMatchObject({ code: 'DATA_KEY_MISSING' });
    const told = await run(['status']);
    expect([told.code, told.err.includes('DATA_KEY_MISSING')]).toEqual([1, true]);
    expect(existsSync(file)).toBe(false);
    const stranger = newDataKey().key.toString('hex');
    await expect(open(stranger)).rejects.toMatchObject({ code: 'DATA_KEY_MISSING' });
    const given = (await readFile(`${file}.away`, 'utf8')).match(/^[0-9a-f]{64}$/gmu)!;
    const { database, records } = await open([stranger, ...given].join(','));
    expect((await records.reports.transcript('one00000'))[0]?.text).toBe('words 0');
    await database.close();
    await writeFile(file, given.join('\n'));
    // The stranger has been used now.
    await expect(open()).rejects.toMatchObject({ code: 'DATA_KEY_MISSING' });
  }, 60_000);
});
