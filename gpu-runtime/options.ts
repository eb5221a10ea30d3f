/** Command line of the runtime's program. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const OWN_MODELS = fileURLToPath(new URL('./models', import.meta.url));

export const RUNTIME_HELP = `The inference runtime: serves models to many rooms over the Open Inference Protocol.

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
  --yield            let other programs go first: a call on the same processor stays smooth
  --json             print the ready line as JSON
  --verbose          show what Python models print
  --help             this text

Models are loaded one after another, and run once at each batch size before the runtime is ready. One that cannot be
loaded is reported and left out. SIGTERM drains, Ctrl-C lets running requests end; then it stops.

Python models need numpy: npm start prepares it, or UNDERSTUDY_PYTHON names an interpreter that has it.
`;

/** What is wrong with how the program was called, or with its surroundings; shown without a stack. */
export class UsageError extends Error {}

export interface Options {
  models: string;
  grpcPort: number;
  httpPort: number;
  memoryBytes: number | undefined;
  announceUrl: string | undefined;
  address: string | undefined;
  drainMs: number;
  host: string;
  yields: boolean;
  json: boolean;
  verbose: boolean;
}

/** Throws UsageError. */
export function readOptions(args: string[]): Options | 'help' {
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
        yield: { type: 'boolean', default: false },
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
      yields: values.yield,
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
