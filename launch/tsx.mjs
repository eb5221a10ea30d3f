// Runs a TypeScript file of the project in a child process and resolves with its exit code.
import { spawn } from 'node:child_process';
import { projectRoot } from './dependencies.mjs';

export function runTypeScript(file, args, options = {}) {
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
    env: { ...process.env, ...options.env },
  });
  // The terminal sends Ctrl-C to the whole group; the child decides when it has cleaned up.
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      if (signal === 'SIGTERM') {
        child.kill('SIGTERM');
      }
    });
  }
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      resolve(code ?? (signal === null ? 0 : 1));
    });
  });
}
