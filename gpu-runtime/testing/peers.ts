/**
 * Makes the Python environment with this runtime's peers: `node --import tsx gpu-runtime/testing/peers.ts`. Real Triton
 * and its client take about 370 MB; the tests that need them are skipped until it is there.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_FOLDER, TRITON_INSTALL, type TritonInstall } from './triton.ts';

const REQUIREMENTS = fileURLToPath(new URL('./peers-requirements.txt', import.meta.url));
const STAMP = join(PEERS_FOLDER, '.requirements');
const PYTHON = join(PEERS_FOLDER, 'bin', 'python');

/** What the server needs to know of the environment's Python, as JSON. */
const ASK = `
import json, sys, sysconfig
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "packages": sysconfig.get_path("purelib"),
    "libraries": sysconfig.get_config_var("LIBDIR"),
}))
`;

async function main(): Promise<void> {
  const wanted = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex');
  const made = await readFile(STAMP, 'utf8').catch(() => '');
  if (made === wanted) {
    console.log(`The peers are in ${PEERS_FOLDER}.`);
    return;
  }
  console.log(`Making ${PEERS_FOLDER} (once, about 370 MB)`);
  await rm(PEERS_FOLDER, { recursive: true, force: true });
  await mkdir(PEERS_FOLDER, { recursive: true });
  await run('python3', ['-m', 'venv', PEERS_FOLDER]);
  await run(PYTHON, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--requirement', REQUIREMENTS],
  ]);
  await prepareTriton();
  await writeFile(STAMP, wanted);
  console.log('Done.');
}

/** Puts the Python backend's stub for this Python in its place, and writes down how the server is started. */
async function prepareTriton(): Promise<void> {
  const { version, packages, libraries } = JSON.parse(await run(PYTHON, ['-c', ASK])) as {
    version: string;
    packages: string;
    libraries: string;
  };
  const triton = join(packages, 'pytriton', 'tritonserver');
  const stubs = join(triton, 'python_backend_stubs');
  const versions = await readdir(stubs);
  if (!versions.includes(version)) {
    throw new Error(`Triton has no stub for Python ${version}, only for ${versions.join(', ')}.`);
  }
  const backends = join(triton, 'backends');
  const stub = 'triton_python_backend_stub';
  await cp(join(stubs, version, stub), join(backends, 'python', stub));
  const install: TritonInstall = {
    program: join(triton, 'bin', 'tritonserver'),
    backends,
    environment: {
      // The stub loads libpython by name and must find this interpreter's, not the system's.
      LD_LIBRARY_PATH: `${libraries}:${join(packages, 'nvidia_pytriton.libs')}`,
      PYTHONPATH: packages,
      PATH: `${join(PEERS_FOLDER, 'bin')}:${process.env['PATH'] ?? ''}`,
    },
  };
  await writeFile(TRITON_INSTALL, JSON.stringify(install, null, 2));
}

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) {
        resolve(output);
      } else {
        reject(new Error(`${program} ended with status ${String(code)}. ${output.slice(-500)}`));
      }
    });
  });
}

try {
  await main();
} catch (error) {
  console.error(`The peers are missing: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
