/** The runtime as it is used: a process of its own, serving a repository over gRPC and HTTP. */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../gpu-runtime/main.ts', import.meta.url));
const MODELS = fileURLToPath(new URL('../../gpu-runtime/models', import.meta.url));
const KEPT_CHARACTERS = 2_000;

export interface RuntimeProcess {
  processId: number;
  grpcAddress: string;
  httpUrl: string;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Lets running requests end. */
  close(): Promise<void>;
}

/** Rejects with the end of what it said when it does not become ready. */
export async function startRuntime(models: string): Promise<RuntimeProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', MAIN, '--models', models, '--grpc-port=0', '--http-port=0', '--json'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const endWithUs = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endWithUs);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.off('exit', endWithUs);
      resolve();
    });
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
  });
  const line = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('\n')) {
        resolve(output);
      }
    });
    void ended.then(() => {
      reject(new Error(`The runtime did not become ready. ${said}`));
    });
  });
  const { grpcPort, httpPort } = JSON.parse(line) as { grpcPort: number; httpPort: number };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    processId: child.pid!,
    grpcAddress: `127.0.0.1:${String(grpcPort)}`,
    httpUrl: `http://127.0.0.1:${String(httpPort)}`,
    kill: () => end('SIGKILL'),
    close: () => end('SIGTERM'),
  };
}

export interface ModelSelection {
  folder: string;
  remove(): Promise<void>;
}

/** A repository with these models of the project alone. */
export async function selectModels(names: readonly string[]): Promise<ModelSelection> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-models-'));
  for (const name of names) {
    await cp(join(MODELS, name), join(folder, name), { recursive: true });
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
