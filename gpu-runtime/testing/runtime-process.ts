/** The runtime as a process of its own, on a repository of the test. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const KEPT_CHARACTERS = 2_000;
const readySchema = z.object({ grpcPort: z.int(), httpPort: z.int() });

export interface TestRuntime {
  grpcAddress: string;
  processId: number;
  /** Lets running requests end. */
  close(): Promise<void>;
}

/** Resolves when its models are loaded; rejects with the end of what it said. */
export async function startRuntimeProcess(models: string): Promise<TestRuntime> {
  const options = ['--models', models, '--grpc-port', '0', '--http-port', '0', '--json'];
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const endWithUs = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endWithUs);
  let output = '';
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.off('exit', endWithUs);
      resolve();
    });
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('\n')) {
        resolve(output.split('\n')[0]!);
      }
    });
    void ended.then(() => {
      reject(new Error(`The runtime did not become ready. ${said}`));
    });
  });
  const { grpcPort } = readySchema.parse(JSON.parse(line));
  return {
    grpcAddress: `127.0.0.1:${String(grpcPort)}`,
    processId: child.pid!,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
