/** A real Redis Cluster on this machine, for tests: masters and replicas as child processes in a folder that goes. */
import { Redis } from 'ioredis';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RunningCluster {
  /** All nodes, with commas. */
  url: string;
  /** Ends a master at once, without a word. */
  kill(master: number): Promise<void>;
  /** Resolves when the replicas hold what the masters hold. */
  untilReplicated(): Promise<void>;
  close(): Promise<void>;
}

/** A node that is silent for so long is taken for dead. */
const NODE_TIMEOUT_MS = 1_000;
/** The bus of a node listens at its port and this. */
const BUS_OFFSET = 10_000;

/** Needs `redis-server` and `redis-cli` on the PATH (`whyNoRedis`). */
export async function startRedisCluster(size: {
  masters: number;
  replicas?: number;
}): Promise<RunningCluster> {
  const count = size.masters * (1 + (size.replicas ?? 0));
  const folder = await mkdtemp(join(tmpdir(), 'understudy-redis-cluster-'));
  const ports = await freePorts(count);
  const children = await Promise.all(
    ports.map((port) => startNode(port, join(folder, String(port)))),
  );
  const close = async (): Promise<void> => {
    await Promise.all(children.map(end));
    await rm(folder, { recursive: true, force: true });
  };
  const made = spawnSync(
    'redis-cli',
    [
      ...['--cluster', 'create', ...ports.map((port) => `127.0.0.1:${String(port)}`)],
      ...['--cluster-replicas', String(size.replicas ?? 0), '--cluster-yes'],
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) {
    await close();
    throw new Error(`The cluster could not be made: ${made.stdout} ${made.stderr}`);
  }
  await Promise.all(ports.map((port) => until(port, 'cluster info', 'cluster_state:ok')));
  return {
    url: ports.map((port) => `redis://127.0.0.1:${String(port)}`).join(','),
    kill: (master) => end(children[master]!),
    untilReplicated: async () => {
      for (const port of ports.slice(0, size.masters)) {
        const redis = new Redis(port);
        await redis.wait(size.replicas ?? 0, 5_000);
        redis.disconnect();
      }
    },
    close,
  };
}

function startNode(port: number, folder: string): Promise<ChildProcess> {
  return mkdir(folder).then(
    () =>
      new Promise((resolve, reject) => {
        const child = spawn(
          'redis-server',
          [
            ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
            ...['--save', '', '--appendonly', 'no', '--cluster-enabled', 'yes'],
            ...[
              '--cluster-node-timeout',
              String(NODE_TIMEOUT_MS),
              '--repl-diskless-sync-delay',
              '0',
            ],
          ],
          { stdio: ['ignore', 'pipe', 'ignore'] },
        );
        const endWithUs = (): void => {
          child.kill('SIGKILL');
        };
        process.once('exit', endWithUs);
        child.once('close', () => {
          process.off('exit', endWithUs);
          reject(new Error('redis-server did not start.'));
        });
        child.once('error', reject);
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          if (text.includes('Ready to accept connections')) {
            resolve(child);
          }
        });
      }),
  );
}

/** Asks a node until its answer holds `wanted`. */
async function until(port: number, command: 'cluster info', wanted: string): Promise<void> {
  const redis = new Redis(port);
  try {
    const [name, word] = command.split(' ') as [string, string];
    while (!String(await redis.call(name, word)).includes(wanted)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    redis.disconnect();
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

/** Below 55,536, since the bus listens 10,000 above. */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  let candidate = 20_000 + (process.pid % 10_000);
  while (ports.length < count) {
    candidate += 1;
    if ((await isFree(candidate)) && (await isFree(candidate + BUS_OFFSET))) {
      ports.push(candidate);
    }
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
