/** Finds the Python that runs models. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where the launcher makes its virtual environment. */
const LAUNCHER_PYTHON = fileURLToPath(
  new URL('../../.understudy/python/bin/python', import.meta.url),
);

export const PYTHON_HELP =
  'Run `npm start` once, which prepares Python, or set UNDERSTUDY_PYTHON to one with the packages of ' +
  'launch/requirements.txt.';

/** The interpreter to use, or undefined where there is none. */
export function findPython(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const chosen = environment['UNDERSTUDY_PYTHON'];
  if (chosen !== undefined && chosen !== '') {
    return chosen;
  }
  return existsSync(LAUNCHER_PYTHON) ? LAUNCHER_PYTHON : undefined;
}
