/** A real Redis for tests: the `redis-server` on the PATH, on a free port, without a disk. */
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';

export interface RunningRedis {
  port: number;
  url: string;
  processId: number;
  close(): Promise<void>;
}

/** Why Redis cannot run here, or undefined where it can. */
export function whyNoRedis(): string | undefined {
  const { status } = spawnSync('redis-server', ['--version'], { stdio: 'ignore' });
  return status === 0
    ? undefined
    : 'No redis-server is on the PATH; for example: sudo apt-get install redis-server';
}

/** Resolves when it accepts connections. */
export async function startRedis(wantedPort?: number): Promise<RunningRedis> {
  const port = wantedPort ?? (await freePort());
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const endWithUs = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endWithUs);
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => {
      resolve();
    });
    child.once('close', () => {
      process.off('exit', endWithUs);
      resolve();
    });
  });
  const isReady = await new Promise<boolean>((resolve) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Ready to accept connections')) {
        resolve(true);
      }
    });
    void ended.then(() => {
      resolve(false);
    });
  });
  if (!isReady) {
    throw new Error('redis-server did not start.');
  }
  const close = async (): Promise<void> => {
    // A stopped process takes no polite signal.
    child.kill('SIGKILL');
    await ended;
  };
  return { port, url: `redis://127.0.0.1:${String(port)}`, processId: child.pid!, close };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address === 'object' ? address.port : 0;
}
