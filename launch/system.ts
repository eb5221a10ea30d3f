/** The whole system on one machine: what `npm start` runs and what the room tests run. */
import { readEnvironment, type Environment } from '#config/environment.ts';
import { firstAdminFile } from '#config/first-admin-file.ts';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureCertificate } from './install/certificate.ts';
import { ensureFfmpeg } from './install/ffmpeg.ts';
import { ensureKeys, type Keys } from './install/keys.ts';
import { ensureLiveKitServer } from './install/livekit-server.ts';
import { ensureTurnModel } from './install/turn-model.ts';
import { ensurePython } from './install/python.ts';
import { ensureWeb } from './install/web.ts';
import { ensureWhisper, type WhisperInstall } from './install/whisper.ts';
import { LIVEKIT_WEBHOOK_PATH, liveKitConfig } from './livekit-config.ts';
import { requireFreePorts, type PortUse } from './ports.ts';
import { Progress } from './progress.ts';
import { Service, untilAnswers } from './service.ts';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/** The processes of the system, by what they do. */
export type Part = 'livekit' | 'runtime' | 'worker' | 'signaling';

export interface RunningSystem {
  pageUrl: string;
  livekitUrl: string;
  keys: Keys;
  /** As it was given, with what was found: which recognition, which runtime. */
  environment: Environment;
  /** Where the first admin's password lies until it was told. */
  firstAdminFile: string;
  /** What its processes are started with: for one more of them. */
  childEnvironment: NodeJS.ProcessEnv;
  /** Of a part that is running. */
  pidOf(part: Part): number | undefined;
  onGivenUp(listener: (reason: string) => void): void;
  stop(): Promise<void>;
}

export interface SystemOptions {
  progress: Progress;
  /**
   * It runs beside another system of the same folder, on other ports: the embedded database, which one process may open,
   * is then its own.
   */
  apart?: boolean;
  environment?: Environment;
}

/** Installs what is missing and starts everything. Throws LaunchProblem or EnvironmentError. */
export async function startSystem(options: SystemOptions): Promise<RunningSystem> {
  const { progress } = options;
  const environment = options.environment ?? readEnvironment();
  const dataFolder = resolve(projectRoot, environment.UNDERSTUDY_DATA);
  // One folder of logs per system: several may run beside each other on other ports.
  const logFolder = join(dataFolder, 'logs', String(environment.PORT));
  await mkdir(logFolder, { recursive: true });
  const ownLiveKit = environment.LIVEKIT_URL === undefined;
  await requireFreePorts(portsOf(environment, ownLiveKit), '127.0.0.1');

  const python = await progress.step('Hearing', (say) =>
    ensurePython(dataFolder, join(projectRoot, 'launch', 'requirements.txt'), say),
  );
  if (python.reason !== undefined) {
    progress.note(python.reason);
  }
  const { UNDERSTUDY_RECOGNITION: wish, WHISPER_WEIGHTS: weights } = environment;
  const ownRuntime = environment.UNDERSTUDY_RUNTIME === undefined;
  // The runtime needs numpy too, so that without the first Python there is no second.
  const wantsWhisper = python.python !== undefined && (wish === 'auto' || wish === 'whisper');
  const whisper: WhisperInstall =
    wantsWhisper && ownRuntime
      ? await progress.step('Whisper', (say) => ensureWhisper(weights, say))
      : { python: undefined, reason: undefined };
  if (whisper.reason !== undefined) {
    progress.note(whisper.reason);
  }
  const recognition =
    python.python === undefined
      ? 'none'
      : wish === 'auto' || wish === 'whisper'
        ? whisper.python !== undefined || !ownRuntime
          ? 'whisper'
          : 'pocketsphinx'
        : wish;
  const turnModelReason =
    python.python === undefined
      ? undefined
      : await progress.step('Turn-taking', (say) =>
          ensureTurnModel(dataFolder, python.python!, say),
        );
  if (turnModelReason !== undefined) {
    progress.note(turnModelReason);
  }
  const ffmpegReason = environment.UNDERSTUDY_RECORDING
    ? await progress.step('Recording', (say) => ensureFfmpeg(say))
    : undefined;
  if (ffmpegReason !== undefined) {
    progress.note(ffmpegReason);
  }
  await progress.step('Page', () => ensureWeb(projectRoot));
  const keys: Keys = ownLiveKit
    ? await ensureKeys(dataFolder)
    : {
        apiKey: environment.LIVEKIT_API_KEY ?? '',
        apiSecret: environment.LIVEKIT_API_SECRET ?? '',
      };
  const livekitUrl =
    environment.LIVEKIT_URL ?? `ws://localhost:${String(environment.LIVEKIT_PORT)}`;
  const certificate = environment.UNDERSTUDY_HTTPS
    ? await ensureCertificate(dataFolder, environment.LIVEKIT_NODE_IP)
    : undefined;

  const services: Service[] = [];
  const parts: Partial<Record<Part, Service>> = {};
  const stop = async (): Promise<void> => {
    // Last started, first stopped: no call loses its media server under it.
    for (const service of [...services].reverse()) {
      await service.stop();
    }
  };
  const resolved: Environment = {
    ...environment,
    UNDERSTUDY_RECOGNITION: recognition,
    ...(whisper.python === undefined
      ? {}
      : { UNDERSTUDY_RUNTIME: `127.0.0.1:${String(environment.RUNTIME_PORT)}` }),
  };
  const ownDatabase = join(dataFolder, 'data', `postgres-${String(environment.PORT)}`);
  const childEnvironment: NodeJS.ProcessEnv = {
    ...definedStrings(resolved),
    ...(options.apart === true && environment.DATABASE_URL === undefined
      ? { DATABASE_URL: `file:${ownDatabase}` }
      : {}),
    // Whoever presses Ctrl-C waits for it.
    UNDERSTUDY_DRAIN_MS: String(environment.UNDERSTUDY_DRAIN_MS ?? 0),
    UNDERSTUDY_DATA: dataFolder,
    LIVEKIT_URL: livekitUrl,
    LIVEKIT_API_KEY: keys.apiKey,
    LIVEKIT_API_SECRET: keys.apiSecret,
    ...(whisper.python === undefined ? {} : { UNDERSTUDY_PYTHON_WHISPER: whisper.python }),
    ...(python.python === undefined ? {} : { UNDERSTUDY_PYTHON: python.python }),
    ...(certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate }),
  };
  const logPath = (name: string): string => join(logFolder, `${name}.log`);
  try {
    if (ownLiveKit) {
      await progress.step('LiveKit server', async (say) => {
        const program = await ensureLiveKitServer(dataFolder, say);
        const config = join(dataFolder, `livekit-${String(environment.LIVEKIT_PORT)}.yaml`);
        const told = {
          ...environment,
          LIVEKIT_WEBHOOK_URLS: [
            ...(environment.LIVEKIT_WEBHOOK_URLS ?? []),
            `${pageUrl(environment, '127.0.0.1')}${LIVEKIT_WEBHOOK_PATH}`,
          ],
        };
        await writeFile(config, await liveKitConfig(told, keys), { mode: 0o600 });
        const service = new Service({
          name: 'LiveKit server',
          command: program,
          args: ['--config', config],
          // It tells the page's server of rooms, under a certificate that was made here.
          ...(certificate === undefined ? {} : { env: { SSL_CERT_FILE: certificate } }),
          logPath: logPath('livekit'),
          ready: (signal) =>
            untilAnswers(`http://127.0.0.1:${String(environment.LIVEKIT_PORT)}/`, signal),
          readyWithinMs: 15_000,
        });
        services.push(service);
        parts.livekit = service;
        await service.start();
      });
    }
    const typescript = ['--import', 'tsx'];
    if (whisper.python !== undefined) {
      const runtime = new Service({
        name: 'Inference runtime',
        command: process.execPath,
        args: [
          ...typescript,
          join(projectRoot, 'gpu-runtime', 'main.ts'),
          ...['--grpc-port', String(environment.RUNTIME_PORT)],
          ...['--http-port', String(environment.RUNTIME_HTTP_PORT)],
          '--drain-ms=0',
          '--yield',
        ],
        env: childEnvironment,
        logPath: logPath('runtime'),
        ready: (signal) =>
          untilAnswers(
            `http://127.0.0.1:${String(environment.RUNTIME_HTTP_PORT)}/v2/models/whisper/ready`,
            signal,
          ),
        readyWithinMs: 60_000,
      });
      services.push(runtime);
      parts.runtime = runtime;
      await progress.step('Inference runtime', () => runtime.start());
    }
    const worker = new Service({
      name: 'Agent worker',
      command: process.execPath,
      args: [...typescript, join(projectRoot, 'agents', 'worker.ts')],
      env: childEnvironment,
      logPath: logPath('worker'),
      ready: (signal) =>
        untilAnswers(`http://127.0.0.1:${String(environment.WORKER_PORT)}/`, signal),
      readyWithinMs: 60_000,
    });
    const signaling = new Service({
      name: 'Page and API',
      command: process.execPath,
      args: [...typescript, join(projectRoot, 'signaling', 'server.ts')],
      env: childEnvironment,
      logPath: logPath('signaling'),
      ready: (signal) =>
        untilAnswers(`${pageUrl(environment, '127.0.0.1')}/api/v1/catalogue`, signal),
      readyWithinMs: 90_000,
    });
    // The worker stops first: signaling takes its reports.
    services.push(signaling, worker);
    Object.assign(parts, { worker, signaling });
    await Promise.all([
      progress.step('Agent worker', () => worker.start()),
      progress.step('Page and API', () => signaling.start()),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pageUrl: pageUrl(environment, 'localhost'),
    livekitUrl,
    keys,
    environment: resolved,
    firstAdminFile: firstAdminFile(dataFolder, environment.PORT),
    childEnvironment,
    pidOf: (part) => parts[part]?.pid,
    onGivenUp: (listener) => {
      for (const service of services) {
        service.onGivenUp(listener);
      }
    },
    stop,
  };
}

function pageUrl(environment: Environment, host: string): string {
  return `${environment.UNDERSTUDY_HTTPS ? 'https' : 'http'}://${host}:${String(environment.PORT)}`;
}

function portsOf(environment: Environment, ownLiveKit: boolean): PortUse[] {
  const own: PortUse[] = [
    { port: environment.PORT, variable: 'PORT', protocol: 'tcp' },
    { port: environment.WORKER_PORT, variable: 'WORKER_PORT', protocol: 'tcp' },
  ];
  const livekit: PortUse[] = [
    { port: environment.LIVEKIT_PORT, variable: 'LIVEKIT_PORT', protocol: 'tcp' },
    { port: environment.LIVEKIT_TCP_PORT, variable: 'LIVEKIT_TCP_PORT', protocol: 'tcp' },
    { port: environment.LIVEKIT_UDP_PORT, variable: 'LIVEKIT_UDP_PORT', protocol: 'udp' },
    ...(environment.LIVEKIT_TURN_DOMAIN === undefined
      ? []
      : [
          {
            port: environment.LIVEKIT_TURN_PORT,
            variable: 'LIVEKIT_TURN_PORT',
            protocol: 'tcp' as const,
          },
        ]),
  ];
  const { UNDERSTUDY_RECOGNITION: recognition, UNDERSTUDY_RUNTIME } = environment;
  if (UNDERSTUDY_RUNTIME === undefined && (recognition === 'auto' || recognition === 'whisper')) {
    own.push(
      { port: environment.RUNTIME_PORT, variable: 'RUNTIME_PORT', protocol: 'tcp' },
      { port: environment.RUNTIME_HTTP_PORT, variable: 'RUNTIME_HTTP_PORT', protocol: 'tcp' },
    );
  }
  return ownLiveKit ? [...own, ...livekit] : own;
}

function definedStrings(environment: Environment): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value === undefined
        ? undefined
        : typeof value === 'boolean'
          ? value
            ? '1'
            : '0'
          : String(value),
    ]),
  );
}
