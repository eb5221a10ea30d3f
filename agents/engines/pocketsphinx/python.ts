/** Finds the Python that carries the recognition engine. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MediaError } from '#media/errors.ts';

/** Where the launcher makes its virtual environment. */
const LAUNCHER_PYTHON = fileURLToPath(
  new URL('../../../.understudy/python/bin/python', import.meta.url),
);

export const RECOGNITION_HELP =
  'Run `npm start` once, which prepares it, or set UNDERSTUDY_PYTHON to a Python 3.9 or newer with the packages of ' +
  'launch/requirements.txt.';

/** The interpreter to use, or undefined when there is none. */
export const findPython = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined => {
  const chosen = environment['UNDERSTUDY_PYTHON'];
  if (chosen !== undefined && chosen !== '') return chosen;
  return existsSync(LAUNCHER_PYTHON) ? LAUNCHER_PYTHON : undefined;
};

export const recognitionUnavailable = (why: string, cause?: unknown): MediaError =>
  new MediaError('RECOGNITION_UNAVAILABLE', { detail: `${why} ${RECOGNITION_HELP}`, cause });
