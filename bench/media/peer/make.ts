/**
 * Makes the Python environment of the peer, `.understudy/avatar-peer`: `node --import tsx bench/media/peer/make.ts`.
 * The media bench makes it by itself; no test needs it.
 */
import { runCommand } from '#launch/install/command.ts';
import { projectRoot } from '#launch/system.ts';
import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = join(projectRoot, '.understudy', 'avatar-peer');
const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));
const STAMP = join(FOLDER, '.requirements');

/** Returns the peer's Python, made when it is missing. Throws an Error that says what failed. */
export async function ensureAvatarPeer(say: (line: string) => void): Promise<string> {
  const python = join(FOLDER, 'bin', 'python');
  const wanted = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex');
  if ((await readFile(STAMP, 'utf8').catch(() => '')) === wanted) {
    return python;
  }
  say('making the peer’s Python environment (once)');
  await rm(FOLDER, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', FOLDER]);
  await run(python, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--requirement', REQUIREMENTS],
  ]);
  await writeFile(STAMP, wanted);
  return python;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const { code, output } = await runCommand(program, args);
  if (code !== 0) {
    throw new Error(
      `The peer cannot be installed: ${program} ended with status ${String(code)}. ${output.trim().slice(-400)}`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(
    await ensureAvatarPeer((line) => {
      console.log(line);
    }),
  );
}
