/** Reads Compose files as `docker compose config` does: with its own library, built with Go. Optional. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, which } from './command.ts';

const SOURCE = fileURLToPath(new URL('./compose-check', import.meta.url));

/** The program that prints a Compose file resolved, or why there is none. */
export async function ensureComposeCheck(
  dataFolder: string,
): Promise<{ program: string } | { reason: string }> {
  const hash = createHash('sha256');
  for (const file of ['main.go', 'go.sum']) {
    hash.update(await readFile(join(SOURCE, file)));
  }
  const folder = resolve(dataFolder, 'compose-check');
  const program = join(folder, hash.digest('hex').slice(0, 12));
  if (existsSync(program)) {
    return { program };
  }
  if ((await which('go')) === undefined) {
    return { reason: 'Compose’s own library is built with Go, which is missing.' };
  }
  await mkdir(folder, { recursive: true });
  const built = await runCommand('go', ['build', '-trimpath', '-o', program, '.'], { cwd: SOURCE });
  return built.code === 0
    ? { program }
    : { reason: `Compose’s own library cannot be built here: ${built.output.trim()}` };
}
