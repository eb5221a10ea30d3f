/**
 * Makes the Python environment with LiveKit's own agents, for the tests that drive the avatar worker with them:
 * `node --import tsx launch/install/python-agents.ts`. About 390 MB; without it those tests are skipped.
 */
import {
  PYTHON_AGENTS_FOLDER,
  PYTHON_AGENTS_PYTHON,
  PYTHON_AGENTS_STAMP,
} from '#agents/avatar-worker/testing/python-agents.ts';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { runCommand, which } from './command.ts';

const REQUIREMENTS = fileURLToPath(
  new URL('../../agents/avatar-worker/testing/python-agents-requirements.txt', import.meta.url),
);

/** Returns undefined when it is there, else the sentence that says what is missing. */
export async function ensurePythonAgents(
  say: (detail: string) => void,
): Promise<string | undefined> {
  const wanted = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex');
  if ((await readFile(PYTHON_AGENTS_STAMP, 'utf8').catch(() => '')) === wanted) {
    return undefined;
  }
  if ((await which('python3')) === undefined) {
    return 'Python is missing, so no Python agent drives the avatar worker.';
  }
  say(`making ${PYTHON_AGENTS_FOLDER} (once, about 390 MB)`);
  await rm(PYTHON_AGENTS_FOLDER, { recursive: true, force: true });
  await mkdir(dirname(PYTHON_AGENTS_FOLDER), { recursive: true });
  const steps: [string, string[]][] = [
    ['python3', ['-m', 'venv', PYTHON_AGENTS_FOLDER]],
    [
      PYTHON_AGENTS_PYTHON,
      [
        ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
        ...['--requirement', REQUIREMENTS],
      ],
    ],
  ];
  for (const [command, args] of steps) {
    const { code, output } = await runCommand(command, args);
    if (code !== 0) {
      return `LiveKit’s Python agents could not be installed (${output.trim().split('\n').at(-1) ?? command}).`;
    }
  }
  await writeFile(PYTHON_AGENTS_STAMP, wanted);
  return undefined;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const missing = await ensurePythonAgents(console.log);
  console.log(missing ?? `LiveKit’s Python agents are in ${PYTHON_AGENTS_FOLDER}.`);
  process.exitCode = missing === undefined ? 0 : 1;
}
