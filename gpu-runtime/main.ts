/** The runtime's process: loads a model repository, warms it, serves it. `npm run runtime -- --help` says how. */
import { setPriority } from 'node:os';
import { systemClock } from '#media/clock.ts';
import { RedisConnection } from './client/pool/discovery/redis-connection.ts';
import { RuntimeAnnouncer } from './client/pool/discovery/redis-registry.ts';
import { loadModels, type LoadOutcome } from './execution/model-loader.ts';
import { chooseProviders } from './execution/provider.ts';
import { readDeviceMemory, type DeviceMemory } from './memory/device-memory.ts';
import { MemoryAdmission } from './memory/memory-admission.ts';
import { runtimeMetrics } from './metrics/runtime-metrics.ts';
import { readOptions, RUNTIME_HELP, UsageError, type Options } from './options.ts';
import { Runtime } from './runtime/runtime.ts';
import { GrpcInferenceServer } from './server/grpc-server.ts';
import { HttpInferenceServer } from './server/http-server.ts';

const VERSION = '0.1.0';
/** Media has the processor first; its models are heard of within a second all the same. Models inherit it. */
const YIELDING_NICENESS = 5;

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(RUNTIME_HELP);
    return;
  }
  if (options.yields) {
    setPriority(YIELDING_NICENESS);
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
    soon: setImmediate,
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
  stopOnSignal((signal) => close(signal === 'SIGTERM' ? options.drainMs : 0), say);
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
