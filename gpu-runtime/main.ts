/** The runtime's process: loads a model repository, warms it, serves it. `npm run runtime -- --help` says how. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '#media/clock.ts';
import { RedisConnection } from './client/pool/discovery/redis-connection.ts';
import { RuntimeAnnouncer } from './client/pool/discovery/redis-registry.ts';
import { loadModels, type LoadOutcome } from './execution/model-loader.ts';
import { chooseProviders } from './execution/provider.ts';
import { readDeviceMemory, type DeviceMemory } from './memory/device-memory.ts';
import { MemoryAdmission } from './memory/memory-admission.ts';
import { runtimeMetrics } from './metrics/runtime-metrics.ts';
import { Runtime } from './runtime/runtime.ts';
import { GrpcInferenceServer } from './server/grpc-server.ts';
import { HttpInferenceServer } from './server/http-server.ts';

const VERSION = '0.1.0';
const OWN_MODELS = fileURLToPath(new URL('./models', import.meta.url));

const HELP = `The inference runtime: serves models to many rooms over the Open Inference Protocol.

Usage: npm run runtime [-- OPTIONS]

Options:
  --models FOLDER    a model repository as Triton lays it out [gpu-runtime/models]
  --grpc-port PORT   0 takes any that is free [8001]
  --http-port PORT   0 takes any that is free [8000]
  --announce URL     enter this runtime in Redis (redis://host:port), where rooms find it
  --address ADDRESS  its own, as rooms reach it, for --announce [HOST:PORT of gRPC]
  --drain-ms MS      after SIGTERM: not ready but serving, so that rooms move elsewhere [1000]
  --memory MIB       what models and faces may take [0.9 of the GPU's, else 0.8 of the machine's]
  --host ADDRESS     0.0.0.0 lets other machines in [127.0.0.1]
  --json             print the ready line as JSON
  --verbose          show what Python models print
  --help             this text

Models are loaded one after another, and run once at each batch size before the runtime is ready. One that cannot be
loaded is reported and left out. SIGTERM drains, Ctrl-C lets running requests end; then it stops.

Python models need numpy: npm start prepares it, or UNDERSTUDY_PYTHON names an interpreter that has it.
`;

/** What is wrong with how the program was called, or with its surroundings; shown without a stack. */
class UsageError extends Error {}

interface Options {
  models: string;
  grpcPort: number;
  httpPort: number;
  memoryBytes: number | undefined;
  announceUrl: string | undefined;
  address: string | undefined;
  drainMs: number;
  host: string;
  json: boolean;
  verbose: boolean;
}

function readOptions(args: string[]): Options | 'help' {
  try {
    const { values } = parseArgs({
      args,
      options: {
        models: { type: 'string', default: OWN_MODELS },
        'grpc-port': { type: 'string', default: '8001' },
        'http-port': { type: 'string', default: '8000' },
        memory: { type: 'string' },
        announce: { type: 'string' },
        address: { type: 'string' },
        'drain-ms': { type: 'string', default: '1000' },
        host: { type: 'string', default: '127.0.0.1' },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      return 'help';
    }
    return {
      models: resolve(values.models),
      grpcPort: portOf('--grpc-port', values['grpc-port']),
      httpPort: portOf('--http-port', values['http-port']),
      announceUrl: values.announce === undefined ? undefined : redisUrlOf(values.announce),
      address: values.address,
      drainMs: millisecondsOf(values['drain-ms']),
      memoryBytes: values.memory === undefined ? undefined : bytesOf(values.memory),
      host: values.host,
      json: values.json,
      verbose: values.verbose,
    };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\nTry --help.`);
  }
}

function portOf(option: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/u.test(text) || port > 65_535) {
    throw new UsageError(`${option} takes a number from 0 to 65535, not “${text}”.`);
  }
  return port;
}

function millisecondsOf(text: string): number {
  if (!/^\d{1,7}$/u.test(text)) {
    throw new UsageError(`--drain-ms takes a number of milliseconds, not “${text}”.`);
  }
  return Number(text);
}

function redisUrlOf(text: string): string {
  if (!/^rediss?:\/\/./u.test(text)) {
    throw new UsageError(`--announce takes redis://host:port, not “${text}”.`);
  }
  return text;
}

function bytesOf(mebibytes: string): number {
  if (!/^[1-9]\d{0,8}$/u.test(mebibytes)) {
    throw new UsageError(`--memory takes a number of mebibytes, not “${mebibytes}”.`);
  }
  return Number(mebibytes) * 2 ** 20;
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(HELP);
    return;
  }
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const device = deviceOf(options);
  const memory = new MemoryAdmission({ capacityBytes: device.capacityBytes, clock: systemClock });
  const outcome = await loadModels({
    folder: options.models,
    memory,
    clock: systemClock,
    say,
    ...(options.verbose ? { onPrint: (text: string) => process.stderr.write(text) } : {}),
  });
  if (outcome.models.length === 0) {
    throw new UsageError(`No model of ${options.models} could be loaded.`);
  }
  const runtime = new Runtime({
    models: outcome.models,
    clock: systemClock,
    version: VERSION,
    memory,
    device: device.device,
  });
  const { host } = options;
  const grpc = new GrpcInferenceServer({ service: runtime, host, port: options.grpcPort });
  const http = new HttpInferenceServer({
    service: runtime,
    host,
    port: options.httpPort,
    metrics: () => runtimeMetrics(runtime),
  });
  let withdraw = (): Promise<void> => Promise.resolve();
  const close = async (drainMs = 0): Promise<void> => {
    runtime.drain();
    await withdraw();
    if (drainMs > 0) {
      await new Promise<void>((resolve) => {
        systemClock.after(drainMs, resolve);
      });
    }
    await Promise.all([grpc.close(), http.close()]);
    await runtime.close();
  };
  try {
    const grpcPort = await grpc.start();
    const httpPort = await http.start();
    withdraw = await announce(options, `${host}:${String(grpcPort)}`, say);
    process.stdout.write(`${readyLine(outcome, { host, grpcPort, httpPort }, options.json)}\n`);
  } catch (error) {
    await close();
    throw new UsageError(
      `The ports cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  stopOnSignal((signal) => close(signal === 'SIGTERM' ? options.drainMs : 0), say);
}

function deviceOf({ memoryBytes }: Options): DeviceMemory {
  const device = readDeviceMemory(chooseProviders().includes('cuda'));
  return memoryBytes === undefined ? device : { ...device, capacityBytes: memoryBytes };
}

/** Enters the runtime in Redis where that is asked for; gives back what takes it out again. */
async function announce(
  { announceUrl, address }: Options,
  ownAddress: string,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  if (announceUrl === undefined) {
    return () => Promise.resolve();
  }
  const redis = new RedisConnection({ url: announceUrl, clock: systemClock });
  const announcer = new RuntimeAnnouncer({
    redis,
    address: address ?? ownAddress,
    clock: systemClock,
    onProblem: (error) => {
      say(
        `Rooms may not find this runtime: ${error instanceof Error ? error.message : String(error)}`,
      );
    },
  });
  await announcer.start();
  return async () => {
    await announcer.stop();
    redis.close();
  };
}

function readyLine(
  { models, faults }: LoadOutcome,
  at: { host: string; grpcPort: number; httpPort: number },
  json: boolean,
): string {
  const served = models.map(({ config, version, executor: { provider, bytes } }) => {
    const { name } = config;
    return { name, version, provider, bytes };
  });
  if (json) {
    const left = faults.map(({ name, error }) => ({ name, reason: error.message }));
    return JSON.stringify({ ready: true, ...at, models: served, leftOut: left });
  }
  const list = served.map(({ name, version, provider }) => `${name} ${version} (${provider})`);
  const left =
    faults.length === 0 ? '' : ` Left out: ${faults.map(({ name }) => name).join(', ')}.`;
  const { host, grpcPort, httpPort } = at;
  return `Ready: ${list.join(', ')}.${left} gRPC ${host}:${String(grpcPort)}, HTTP http://${host}:${String(httpPort)}/v2`;
}

/** The first signal drains; the second does not wait. */
function stopOnSignal(
  close: (signal: NodeJS.Signals) => Promise<void>,
  say: (line: string) => void,
): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) {
      process.exit(1);
    }
    stopping = true;
    say(`${signal}: what runs may end`);
    close(signal).then(
      () => {
        process.exit(0);
      },
      (error: unknown) => {
        say(error instanceof Error ? error.message : String(error));
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
