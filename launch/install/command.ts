/** Runs a program to its end, keeping what it says for the error message. */
import { spawn } from 'node:child_process';

export interface CommandResult {
  code: number;
  output: string;
}

/** Resolves with exit code 127 when the program does not exist. Never rejects. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string; signal?: AbortSignal } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      resolve({ code: 127, output: error.message });
    });
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output });
    });
  });
}

/** Where a program stands on the PATH, or undefined. */
export async function which(program: string): Promise<string | undefined> {
  const { code, output } = await runCommand('sh', ['-c', `command -v ${program}`]);
  return code === 0 ? output.trim() : undefined;
}
