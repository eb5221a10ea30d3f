/** The runtime as a process of its own, on a repository of the test. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const KEPT_CHARACTERS = 2_000;
const readySchema = z.object({ grpcPort: z.int(), httpPort: z.int() });

export interface TestRuntime {
  grpcAddress: string;
  httpUrl: string;
  processId: number;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Lets running requests end. */
  close(): Promise<void>;
}

/**
 * Resolves when its models are loaded; rejects with the end of what it said. `drainMs`: it serves so long after it has been
 * told to stop.
 */
export async function startRuntimeProcess(models: string, drainMs = 0): Promise<TestRuntime> {
  const options = [
    ...['--models', models, '--grpc-port', '0', '--http-port', '0', '--json'],
    ...['--drain-ms', String(drainMs)],
  ];
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
  const { grpcPort, httpPort } = readySchema.parse(JSON.parse(line));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    grpcAddress: `127.0.0.1:${String(grpcPort)}`,
    processId: child.pid!,
    httpUrl: `http://127.0.0.1:${String(httpPort)}`,
    kill: () => end('SIGKILL'),
    close: () => end('SIGTERM'),
  };
}
