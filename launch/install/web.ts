/** Builds the page when its sources are newer than the build. */
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { LaunchProblem } from '../problem.ts';
import { runCommand } from './command.ts';

export async function ensureWeb(projectRoot: string): Promise<void> {
  const web = join(projectRoot, 'web');
  const stampPath = join(web, 'dist', '.sources');
  const wanted = await fingerprint(web);
  if (existsSync(stampPath) && (await readFile(stampPath, 'utf8')) === wanted) {
    return;
  }
  const built = await runCommand(
    process.execPath,
    [
      join(projectRoot, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      'web',
      '--logLevel',
      'error',
    ],
    { cwd: projectRoot },
  );
  if (built.code !== 0) {
    throw new LaunchProblem(`The page could not be built:\n${built.output.trim()}`);
  }
  await writeFile(stampPath, wanted);
}

/** Names, sizes and change times of the page's sources: cheap, and different when any of them is. */
async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = (await readdir(folder, { recursive: true })).sort();
  for (const name of names) {
    if (name.startsWith('dist')) {
      continue;
    }
    const info = await stat(join(folder, name));
    if (info.isFile()) {
      hash.update(`${name}:${String(info.size)}:${String(info.mtimeMs)}\n`);
    }
  }
  return hash.digest('hex');
}
