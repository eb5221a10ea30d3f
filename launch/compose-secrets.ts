/**
 * Makes the secrets that `docker-compose.gpu.yml` reads, once: `node --import tsx launch/compose-secrets.ts [FOLDER]`.
 * What is there stays as it is, so that it may be run again after an update that wants one more.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const secret = (bytes: number): string => randomBytes(bytes).toString('hex');

/** Returns the names of those that were made. */
export async function makeComposeSecrets(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  // The folder keeps everybody else on this machine out; the files are read by containers' users.
  await chmod(folder, 0o700);
  const made: string[] = [];
  const keep = async (name: string, value: () => string): Promise<string> => {
    const path = join(folder, name);
    if (!existsSync(path)) {
      await writeFile(path, value(), { mode: 0o444 });
      made.push(name);
    }
    return (await readFile(path, 'utf8')).trim();
  };
  await keep('livekit_api_key', () => `us${secret(6)}`);
  await keep('livekit_api_secret', () => secret(32));
  await keep('recording_key', () => secret(32));
  // Without it the database cannot be read: a copy belongs elsewhere than the copy of the database.
  await keep('data_keys', () => secret(32));
  const redis = await keep('redis_password', () => secret(24));
  await keep('redis_url', () => `redis://:${redis}@redis:6379`);
  const postgres = await keep('postgres_password', () => secret(24));
  await keep('database_url', () => `postgres://understudy:${postgres}@postgres:5432/understudy`);
  return made;
}

const [, started] = process.argv;
if (started !== undefined && (await realpath(started)) === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? 'secrets');
  const made = await makeComposeSecrets(folder);
  console.log(
    made.length === 0 ? `All are in ${folder}.` : `Made in ${folder}: ${made.join(', ')}`,
  );
}
