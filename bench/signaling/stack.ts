/**
 * The real system without agents: PostgreSQL and Redis where their programs are installed, LiveKit, signaling, NGINX. Each
 * is a process of its own on a free port, in a folder that is removed.
 */
import { readEnvironment } from '#config/environment.ts';
import { ensureLiveKitServer } from '#launch/install/livekit-server.ts';
import { ensureNginx } from '#launch/install/nginx.ts';
import { which } from '#launch/install/command.ts';
import { liveKitConfig } from '#launch/livekit-config.ts';
import { untilAnswers } from '#launch/service.ts';
import { projectRoot } from '#launch/system.ts';
import { startPostgres, whyNoPostgres } from '#signaling/data/testing/postgres-server.ts';
import { AccessToken, RoomServiceClient, type VideoGrant } from 'livekit-server-sdk';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DoorStage, freePorts } from '../../nginx/testing/stage.ts';
import { Program, processorMs } from './program.ts';

const PROBE = fileURLToPath(new URL('./probe.ts', import.meta.url));
const SERVER = join(projectRoot, 'signaling', 'server.ts');

const UNLIMITED = ['sessions', 'sign-in', 'reads', 'writes', 'keys']
  .flatMap((kind) => [kind, `${kind}/key`])
  .map((kind) => `${kind}=100000:1000000`)
  .join();

/** What signaling says of itself after collecting its garbage. Bytes; resources by kind, as Node names them. */
export interface Gauge {
  rss: number;
  heapUsed: number;
  external: number;
  resources: Record<string, number>;
}

export interface StackOptions {
  say: (line: string) => void;
  profileFolder?: string | undefined;
  /** More of signaling's environment. */
  env?: Readonly<Record<string, string>>;
}

export type Part = 'signaling' | 'livekit' | 'postgres' | 'redis' | 'nginx' | 'bench';

export class Stack {
  readonly keys: { apiKey: string; apiSecret: string };
  readonly folder: string;
  /** Absent: the embedded database. */
  databaseUrl: string | undefined;
  /** Absent: affinity in signaling's memory. */
  redisUrl: string | undefined;
  livekitUrl = '';
  /** Address of signaling without NGINX. */
  direct = '';
  door!: DoorStage;
  #signaling!: Program;
  #workerPort = 0;
  readonly #pids: Partial<Record<Part, number>> = { bench: process.pid };
  readonly #closers: (() => Promise<unknown>)[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.keys = { apiKey: 'bench', apiSecret: randomBytes(32).toString('hex') };
  }

  /** Throws an Error or LaunchProblem saying what is missing. */
  static async start(options: StackOptions): Promise<Stack> {
    const stack = new Stack(await mkdtemp(join(tmpdir(), 'understudy-signaling-bench-')));
    stack.#closers.push(() => rm(stack.folder, { recursive: true, force: true }));
    try {
      await stack.#start(options);
    } catch (error) {
      await stack.close();
      throw error;
    }
    return stack;
  }

  get signaling(): Program {
    return this.#signaling;
  }

  /** What it runs on, for the report. */
  get kinds(): { database: string; affinity: string } {
    return {
      database: this.databaseUrl === undefined ? 'embedded' : 'PostgreSQL',
      affinity: this.redisUrl === undefined ? 'memory' : 'Redis',
    };
  }

  rooms(): RoomServiceClient {
    return new RoomServiceClient(
      this.livekitUrl.replace(/^ws/u, 'http'),
      this.keys.apiKey,
      this.keys.apiSecret,
    );
  }

  token(grant: VideoGrant): Promise<string> {
    const token = new AccessToken(this.keys.apiKey, this.keys.apiSecret, { identity: 'bench' });
    token.addGrant(grant);
    return token.toJwt();
  }

  /** Collects signaling's garbage and looks. */
  gauge(): Promise<Gauge> {
    const { child } = this.#signaling;
    return new Promise((resolve, reject) => {
      const hear = (message: unknown): void => {
        const { gauge } = message as { gauge?: Gauge };
        if (gauge !== undefined) {
          child.off('message', hear);
          resolve(gauge);
        }
      };
      child.on('message', hear);
      child.send('gauge', (error) => {
        if (error !== null) {
          reject(error);
        }
      });
    });
  }

  /** Processor time so far, in milliseconds, by part. */
  async processors(): Promise<Partial<Record<Part, number>>> {
    const found: Partial<Record<Part, number>> = {};
    for (const [part, pid] of Object.entries(this.#pids)) {
      found[part as Part] = await processorMs(pid);
    }
    // All the others are its children.
    const others = Object.entries(found).reduce(
      (sum, [part, ms]) => sum + (part === 'bench' ? 0 : ms),
      0,
    );
    found.bench = (found.bench ?? 0) - others;
    return found;
  }

  async close(): Promise<void> {
    for (const close of this.#closers.reverse()) {
      await close().catch(() => undefined);
    }
    this.#closers.length = 0;
  }

  async #start({ say, profileFolder, env }: StackOptions): Promise<void> {
    const dataFolder = resolve(projectRoot, readEnvironment().UNDERSTUDY_DATA);
    const nginx = await ensureNginx(dataFolder, say);
    const livekit = await ensureLiveKitServer(dataFolder, say);
    const [port, livekitPort, tcpPort, redisPort] = (await freePorts(4)) as [
      ...[number, number, number, number],
    ];
    if (whyNoPostgres() === undefined) {
      const postgres = await startPostgres();
      this.#closers.push(() => postgres.close());
      this.databaseUrl = await postgres.newDatabase();
      this.#pids.postgres = postgres.processId;
    }
    if ((await which('redis-server')) !== undefined) {
      const redis = await this.#program(
        'redis',
        'redis-server',
        [
          ...['--port', String(redisPort), '--bind', '127.0.0.1', '--dir', this.folder],
          ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec'],
        ],
        (signal) => untilListens(redisPort, signal),
      );
      this.redisUrl = `redis://127.0.0.1:${String(redisPort)}`;
      this.#pids.redis = redis.pid;
    }
    await this.#startLiveKit(livekit, livekitPort, tcpPort);
    // Where a worker would say that it is well: without one, all of the system would be called degraded.
    const worker = createServer((_request, reply) => reply.end('OK'));
    await new Promise<void>((done) => worker.listen(0, '127.0.0.1', done));
    this.#workerPort = (worker.address() as AddressInfo).port;
    this.#closers.push(() => {
      worker.closeAllConnections();
      return Promise.resolve(worker.close());
    });
    await this.#startSignaling(port, profileFolder, env);
    this.door = await DoorStage.open(nginx, {
      signaling: [`127.0.0.1:${String(port)}`],
      livekit: `127.0.0.1:${String(livekitPort)}`,
      // The bench is one address.
      ...{ requestsPerSecond: 0, creationsPerSecond: 0, connections: 0 },
      workers: 'auto',
    });
    const pid = this.door.door.pid ?? 0;
    const endWithUs = (): void => {
      process.kill(pid, 'SIGTERM');
    };
    process.once('exit', endWithUs);
    this.#closers.push(() => {
      process.off('exit', endWithUs);
      return this.door.close();
    });
    this.#pids.nginx = pid;
  }

  async #startLiveKit(program: string, port: number, tcpPort: number): Promise<void> {
    const { apiKey, apiSecret } = this.keys;
    this.livekitUrl = `ws://127.0.0.1:${String(port)}`;
    const config = join(this.folder, 'livekit.yaml');
    const environment = readEnvironment({
      LIVEKIT_PORT: String(port),
      LIVEKIT_TCP_PORT: String(tcpPort),
      // UDP's ports are others than TCP's.
      LIVEKIT_UDP_PORT: String(tcpPort),
      LIVEKIT_API_KEY: apiKey,
      LIVEKIT_API_SECRET: apiSecret,
      LOG_LEVEL: 'warn',
    });
    await writeFile(config, await liveKitConfig(environment, this.keys), { mode: 0o600 });
    const started = await this.#program('livekit', program, ['--config', config], (signal) =>
      untilAnswers(`http://127.0.0.1:${String(port)}/`, signal),
    );
    this.#pids.livekit = started.pid;
  }

  async #startSignaling(
    port: number,
    profileFolder: string | undefined,
    env: StackOptions['env'],
  ): Promise<void> {
    const { apiKey, apiSecret } = this.keys;
    this.direct = `http://127.0.0.1:${String(port)}`;
    this.#signaling = await Program.start({
      name: 'signaling',
      command: process.execPath,
      args: [
        ...['--expose-gc', '--import', 'tsx', '--import', PROBE],
        ...(profileFolder === undefined
          ? []
          : ['--cpu-prof', `--cpu-prof-dir=${resolve(profileFolder)}`]),
        SERVER,
      ],
      env: {
        NODE_ENV: 'production',
        PORT: String(port),
        UNDERSTUDY_DATA: this.folder,
        UNDERSTUDY_TRUST_PROXY: '127.0.0.1',
        // What is measured is what the system can do, not where it says that it is full.
        UNDERSTUDY_MAX_SESSIONS: '100000',
        // Raised, not off: what looking at them costs is measured.
        UNDERSTUDY_RATE_LIMITS: UNLIMITED,
        LIVEKIT_URL: this.livekitUrl,
        LIVEKIT_API_KEY: apiKey,
        LIVEKIT_API_SECRET: apiSecret,
        ...(this.databaseUrl === undefined ? {} : { DATABASE_URL: this.databaseUrl }),
        ...(this.redisUrl === undefined ? {} : { REDIS_URL: this.redisUrl }),
        WORKER_PORT: String(this.#workerPort),
        LOG_LEVEL: 'warn',
        ...env,
      },
      logPath: join(this.folder, 'signaling.log'),
      ready: (child) =>
        new Promise((resolve) => {
          const hear = (message: unknown): void => {
            if ((message as { ready?: boolean }).ready === true) {
              child.off('message', hear);
              resolve();
            }
          };
          child.on('message', hear);
        }),
    });
    this.#closers.push(() => this.#signaling.stop());
    this.#pids.signaling = this.#signaling.pid;
  }

  async #program(
    name: Part,
    command: string,
    args: readonly string[],
    ready: (signal: AbortSignal) => Promise<void>,
  ): Promise<Program> {
    const program = await Program.start({
      ...{ name, command, args },
      logPath: join(this.folder, `${name}.log`),
      ready: (_child, signal) => ready(signal),
    });
    this.#closers.push(() => program.stop());
    return program;
  }
}

async function untilListens(port: number, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    if (isOpen) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
