/** Starts real Triton, from the environment that `peers.ts` makes, on a model repository. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { systemClock } from '#media/clock.ts';

export const PEERS_FOLDER = fileURLToPath(new URL('../../.understudy/peers', import.meta.url));
export const TRITON_INSTALL = join(PEERS_FOLDER, 'triton.json');

const installSchema = z.object({
  program: z.string(),
  backends: z.string(),
  environment: z.record(z.string(), z.string()),
});
export type TritonInstall = z.infer<typeof installSchema>;

export interface TritonOptions {
  /** The model repository. */
  models: string;
  /** Models to load; all when absent. This Triton has the Python backend only. */
  load?: readonly string[];
  /** Folders of Python packages that its models need, besides its own. */
  packages?: readonly string[];
  /** Any that is free when absent. */
  httpPort?: number;
  grpcPort?: number;
}

export interface RunningTriton {
  httpPort: number;
  grpcPort: number;
  processId: number;
  close(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 15_000;
const RETRY_MS = 50;
const KEPT_LOG_CHARACTERS = 4_000;

/** Why real Triton cannot run here, or undefined where it can. */
export function whyNoTriton(): string | undefined {
  const install = readInstall();
  return typeof install === 'string' ? install : undefined;
}

/** Resolves when the server and its models are ready; rejects with the end of its log. */
export async function startTriton(options: TritonOptions): Promise<RunningTriton> {
  const install = readInstall();
  if (typeof install === 'string') {
    throw new Error(install);
  }
  const [freeHttp, freeGrpc] = await freePorts(2);
  const httpPort = options.httpPort ?? freeHttp!;
  const grpcPort = options.grpcPort ?? freeGrpc!;
  const child = spawn(
    install.program,
    [
      `--model-repository=${options.models}`,
      `--backend-directory=${install.backends}`,
      ...['--http-address=127.0.0.1', `--http-port=${String(httpPort)}`],
      ...['--grpc-address=127.0.0.1', `--grpc-port=${String(grpcPort)}`],
      ...['--allow-metrics=false', '--allow-gpu-metrics=false', '--exit-timeout-secs=5'],
      ...(options.load === undefined ? [] : ['--model-control-mode=explicit']),
      ...(options.load ?? []).map((name) => `--load-model=${name}`),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...install.environment,
        PYTHONPATH: [install.environment['PYTHONPATH'] ?? '', ...(options.packages ?? [])].join(
          ':',
        ),
      },
    },
  );
  const endWithUs = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', endWithUs);
  const ended = new Promise<void>((resolve) => {
    const end = (): void => {
      process.off('exit', endWithUs);
      resolve();
    };
    child.once('error', end).once('close', end);
  });
  let log = '';
  const started = new Promise<boolean>((resolve) => {
    const read = (text: string): void => {
      log = (log + text).slice(-KEPT_LOG_CHARACTERS);
      if (log.includes('Started HTTPService') && log.includes('Started GRPCInferenceService')) {
        resolve(true);
      }
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    void ended.then(() => {
      resolve(false);
    });
  });
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    const cancelTimer = systemClock.after(STOP_MS, () => {
      child.kill('SIGKILL');
    });
    await ended;
    cancelTimer();
  };
  const cancelTimer = systemClock.after(START_MS, () => {
    child.kill('SIGKILL');
  });
  const ready = (await started) && (await becomesReady(httpPort, ended));
  cancelTimer();
  if (!ready) {
    await close();
    throw new Error(`Triton did not become ready. ${log.slice(-1_500)}`);
  }
  return { httpPort, grpcPort, processId: child.pid!, close };
}

async function becomesReady(httpPort: number, ended: Promise<void>): Promise<boolean> {
  let alive = true;
  void ended.then(() => {
    alive = false;
  });
  // Triton says that its HTTP service has started shortly before it listens.
  while (alive) {
    const ready = await fetch(`http://127.0.0.1:${String(httpPort)}/v2/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) {
      return true;
    }
    await new Promise<void>((resolve) => {
      systemClock.after(RETRY_MS, resolve);
    });
  }
  return false;
}

function readInstall(): TritonInstall | string {
  const how = 'node --import tsx gpu-runtime/testing/peers.ts';
  if (!existsSync(TRITON_INSTALL)) {
    return `Real Triton is not here; this makes it: ${how}`;
  }
  const install = installSchema.parse(JSON.parse(readFileSync(TRITON_INSTALL, 'utf8')));
  return existsSync(install.program) ? install : `Real Triton has moved; this makes it: ${how}`;
}

/** Ports that are free now, found together so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
