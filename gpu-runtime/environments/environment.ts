/** Python environments of their own for models whose packages are large: folders that `make.ts` fills on demand. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const REQUIREMENTS = fileURLToPath(new URL('.', import.meta.url));
const NAME = /^[a-z][a-z0-9-]{0,30}$/u;

type Variables = Readonly<Record<string, string | undefined>>;

export interface PythonEnvironment {
  name: string;
  folder: string;
  python: string;
  /** What pip installs, or the place where such a file is missing. */
  requirements: string;
  /** Written last, with `wantedStamp`: an environment without it is half made. */
  stamp: string;
}

/** In the folder of what is installed (`UNDERSTUDY_DATA`). Undefined where `name` is no name. */
export function environmentNamed(
  name: string,
  variables: Variables = process.env,
): PythonEnvironment | undefined {
  if (!NAME.test(name)) {
    return undefined;
  }
  const folder = join(resolve(PROJECT, variables['UNDERSTUDY_DATA'] ?? '.understudy'), name);
  return {
    name,
    folder,
    python: join(folder, 'bin', 'python'),
    requirements: join(REQUIREMENTS, `${name}.txt`),
    stamp: join(folder, '.requirements'),
  };
}

/** Changes when the requirements do. */
export function wantedStamp({ requirements }: PythonEnvironment): string {
  return createHash('sha256').update(readFileSync(requirements)).digest('hex');
}

/**
 * The interpreter of an environment, or why there is none. `UNDERSTUDY_PYTHON_WHISPER` names another one for `whisper`,
 * and so on.
 */
export function pythonOf(
  name: string,
  variables: Variables = process.env,
): { python: string } | { reason: string } {
  const environment = environmentNamed(name, variables);
  if (environment === undefined || !existsSync(environment.requirements)) {
    return { reason: `There is no Python environment “${name.slice(0, 40)}”.` };
  }
  const variable = `UNDERSTUDY_PYTHON_${name.toUpperCase().replaceAll('-', '_')}`;
  const chosen = variables[variable];
  if (chosen !== undefined && chosen !== '') {
    return { python: chosen };
  }
  const made = existsSync(environment.stamp) ? readFileSync(environment.stamp, 'utf8') : undefined;
  if (made === wantedStamp(environment) && existsSync(environment.python)) {
    return { python: environment.python };
  }
  const state = made === undefined ? 'has not been made' : 'is out of date';
  return {
    reason: `The Python environment “${name}” ${state}; this makes it: node --import tsx gpu-runtime/environments/make.ts ${name}`,
  };
}
