/** Fills the folder of a Python environment. One that is up to date is left as it is; any other is made anew. */
import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { environmentNamed, pythonOf, wantedStamp } from './environment.ts';

/** `ready`: nothing had to be done. Throws with the last line that pip or Python said. */
export async function makeEnvironment(name: string): Promise<'ready' | 'made'> {
  const environment = environmentNamed(name);
  if (environment === undefined) {
    throw new Error(`There is no environment “${name}”.`);
  }
  if ('python' in pythonOf(name)) {
    return 'ready';
  }
  const { folder, python, requirements, stamp } = environment;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(python, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--requirement', requirements],
  ]);
  await writeFile(stamp, wantedStamp(environment));
  return 'made';
}

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        resolve();
      } else {
        const last = said.trim().split('\n').at(-1) ?? '';
        reject(new Error(last === '' ? `${program} ended with status ${String(code)}.` : last));
      }
    });
  });
}
