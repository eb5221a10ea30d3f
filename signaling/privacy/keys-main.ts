/** `npm run keys`: which data keys are used, a new one, the end of an old one. */
import { readEnvironment } from '#config/environment.ts';
import { resolve, join } from 'node:path';
import { parseArgs } from 'node:util';
import { DatabaseError } from '../data/database-error.ts';
import { openDatabase, type Database } from '../data/database.ts';
import { recordsOf } from '../data/records.ts';
import { DataKeyRecords } from '../data/data-key-records.ts';
import { DataKeyError } from './data-key-error.ts';
import { newDataKey } from './key-ring.ts';
import { KeyFile, keyFilePath } from './key-source.ts';
import { openKeyRing, type OpenedKeyRing } from './open-key-ring.ts';
import { Resealing, type ResealingProgress, type ResealingStatus } from './resealing.ts';

const HELP = `The keys that names, transcripts and reports are encrypted with.

Usage: npm run keys -- [COMMAND] [OPTIONS]

Commands:
  status          which keys there are, and how many rows each one encrypts; the default
  rotate          makes a new key and brings every row under it; one that was stopped goes on where it was
  retire KEY_ID   takes an old key away; refused while a row needs it, and for two hours after the last rotation

Options:
  --status        the same as the command
  --json          prints JSON; progress as a line for each batch
  --help          this text

Keys are in UNDERSTUDY_DATA/keys/data-keys, newest first, unless UNDERSTUDY_DATA_KEYS gives them; then rotate says how to add
one. Keep a copy of them elsewhere than the copy of the database. Signaling may run meanwhile: it notices a new key within two
seconds. Over the embedded database, which one process may open, rotate adds the key and the running signaling does the rest.
`;

class UsageError extends Error {}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  const [command = 'status', ...rest] = values.status ? ['status'] : positionals;
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const known = ['status', 'rotate', 'retire'].includes(command);
  if (!known || rest.length !== (command === 'retire' ? 1 : 0)) {
    throw new UsageError(`Not understood: ${[command, ...rest].join(' ')}`);
  }
  const { DATABASE_URL: url, UNDERSTUDY_DATA, UNDERSTUDY_DATA_KEYS: given } = readEnvironment();
  const dataFolder = resolve(UNDERSTUDY_DATA);
  let database: Database;
  try {
    database = await openDatabase({ url, folder: join(dataFolder, 'data', 'postgres') });
  } catch (error) {
    const isTaken = error instanceof DatabaseError && error.code === 'DATABASE_IN_USE';
    if (!isTaken || command !== 'rotate' || given !== undefined) {
      throw error;
    }
    return addBesideSignaling(dataFolder, values.json);
  }
  try {
    const opened = await openKeyRing({
      ...{ given, dataFolder, records: new DataKeyRecords(database.queries) },
    });
    const { sealedRows: rows, dataKeys: keys } = recordsOf(database.queries, opened.ring);
    const resealing = new Resealing({ rows, keys, ring: opened.ring });
    switch (command) {
      case 'rotate':
        return await rotate(resealing, opened, values.json);
      case 'retire':
        await resealing.retire(rest[0]!);
        opened.file?.remove(rest[0]!);
        say(values.json, { retired: rest[0]! }, retiredText(rest[0]!, opened.file !== undefined));
        return 0;
      default: {
        const status = await resealing.status();
        say(values.json, status, statusText(status));
        return 0;
      }
    }
  } finally {
    await database.close();
  }
}

async function rotate(
  resealing: Resealing,
  { ring, file }: OpenedKeyRing,
  asJson: boolean,
): Promise<number> {
  const before = await resealing.status();
  const older = before.keys.reduce((sum, key) => sum + (key.newest ? 0 : key.rows), before.plain);
  if (older > 0) {
    say(
      asJson,
      { resumed: older },
      `An earlier rotation left ${String(older)} rows: it goes on.\n`,
    );
  } else if (file !== undefined) {
    const { id } = file.add();
    say(asJson, { added: id }, `New key ${id} in ${file.path}.\n`);
  } else {
    throw new UsageError(
      'The keys are given with UNDERSTUDY_DATA_KEYS. Put a new one before the others for every process:\n' +
        `  ${newDataKey().key.toString('hex')}\nStart signaling again, then this once more.`,
    );
  }
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort();
  });
  const end = await resealing.run({
    signal: stop.signal,
    onProgress: (progress) => {
      say(asJson, progress, progressText(progress));
    },
  });
  say(
    asJson,
    { newest: ring.newestId, ...end },
    `${String(end.done)} rows are under ${ring.newestId} now.\n`,
  );
  if (end.damaged > 0) {
    say(asJson, {}, `${String(end.damaged)} rows cannot be decrypted; they stay as they are.\n`);
  }
  return stop.signal.aborted || end.damaged > 0 ? 1 : 0;
}

/** The running signaling has the database, and reads the same file. */
function addBesideSignaling(dataFolder: string, asJson: boolean): number {
  const path = keyFilePath(dataFolder);
  const file = KeyFile.open(path);
  if (file === undefined) {
    throw new DataKeyError('DATA_KEY_MISSING', `${path} is gone. Restore it.`);
  }
  const { id } = file.add();
  const text = `New key ${id} in ${path}. Signaling runs and has the database: it brings every row under the key within a minute.\n`;
  say(asJson, { added: id, background: true }, text);
  return 0;
}

function say(asJson: boolean, value: object, text: string): void {
  if (!asJson) {
    process.stdout.write(text);
  } else if (Object.keys(value).length > 0) {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  }
}

const progressText = ({ done, total }: ResealingProgress): string =>
  `${String(done)} of ${String(total)} rows\n`;

const retiredText = (id: string, isFile: boolean): string =>
  isFile
    ? `${id} is retired and gone from the file.\n`
    : `${id} is retired: take it out of UNDERSTUDY_DATA_KEYS.\n`;

function statusText({ keys, plain, uses }: ResealingStatus): string {
  const lines = keys.map(
    ({ id, newest, here, since, rows }) =>
      `${id}  ${newest ? 'newest' : '      '}  since ${since.toISOString().slice(0, 10)}  ${String(rows)} rows${here ? '' : '  MISSING HERE'}`,
  );
  const each = uses.map(
    ({ table, column, keyId, rows }) =>
      `  ${table}.${column}: ${String(rows)} ${keyId === null ? 'in plain' : `under ${keyId}`}`,
  );
  return `${[...lines, `In plain: ${String(plain)} rows`, ...each].join('\n')}\n`;
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        status: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\nnpm run keys -- --help explains it.`);
    process.exitCode = 2;
  } else if (error instanceof DataKeyError || error instanceof DatabaseError) {
    console.error(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  } else {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
