/** Where the unmodified Python package `livekit-agents` is, for the tests that drive the worker with it. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = fileURLToPath(new URL('../../..', import.meta.url));

export const PYTHON_AGENTS_FOLDER = resolve(
  projectRoot,
  process.env['UNDERSTUDY_DATA'] ?? '.understudy',
  'python-agents',
);
export const PYTHON_AGENTS_STAMP = join(PYTHON_AGENTS_FOLDER, '.requirements');
export const PYTHON_AGENTS_PYTHON = join(PYTHON_AGENTS_FOLDER, 'bin', 'python');

/** Its Python, or undefined where nobody has installed it. */
export function pythonAgents(): string | undefined {
  return existsSync(PYTHON_AGENTS_STAMP) ? PYTHON_AGENTS_PYTHON : undefined;
}
