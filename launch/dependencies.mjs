// Installs the npm packages when they are missing or the lockfile has changed. Plain JavaScript without
// dependencies: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));
const OLDEST_NODE_MAJOR = 20;

/** Ends the process with one line that says what to do. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

export function ensureDependencies() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE_MAJOR) {
    fail(
      `Understudy needs Node ${OLDEST_NODE_MAJOR} or newer; this is ${process.version}. Install a newer Node.js from https://nodejs.org.`,
    );
  }
  const stampPath = join(projectRoot, 'node_modules', '.understudy-lock');
  const lock = createHash('sha256')
    .update(readFileSync(join(projectRoot, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === lock) {
    return;
  }
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  console.log('· Installing packages (once, about a minute)');
  const result = spawnSync(npm, ['ci', '--no-progress', '--loglevel=error'], {
    cwd: projectRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
    // The GPU libraries of onnxruntime-node are half a gigabyte that the embedded default does not use.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (result.status !== 0) {
    fail('The packages could not be installed. Check the network and run the command again.');
  }
  writeFileSync(stampPath, lock);
}
