/**
 * Makes the Python environment of a model: `node --import tsx gpu-runtime/environments/make.ts whisper`. One that is up to
 * date is left as it is; one that is half made or out of date is made anew.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { environmentNamed, pythonOf, wantedStamp } from './environment.ts';

const KNOWN = readdirSync(fileURLToPath(new URL('.', import.meta.url)))
  .filter((file) => file.endsWith('.txt'))
  .map((file) => file.replace(/\.txt$/u, ''));

async function make(name: string): Promise<void> {
  const environment = environmentNamed(name);
  if (environment === undefined || !KNOWN.includes(name)) {
    throw new Error(`There is no environment “${name}”; there are: ${KNOWN.join(', ')}.`);
  }
  if ('python' in pythonOf(name, {})) {
    console.log(`“${name}” is ready.`);
    return;
  }
  const { folder, python, requirements, stamp } = environment;
  console.log(`Making “${name}” (once; several hundred megabytes)`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(python, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--requirement', requirements],
  ]);
  await writeFile(stamp, wantedStamp(environment));
  console.log('Done.');
}

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        resolve();
      } else {
        reject(new Error(`${program} ended with status ${String(code)}.`));
      }
    });
  });
}

try {
  const names = process.argv.slice(2);
  if (names.length === 0) {
    throw new Error(`Say which: ${KNOWN.join(', ')}.`);
  }
  for (const name of names) {
    await make(name);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
