/** Entry of `npm run bench`: chooses a bench, prints its table, writes its figures. Progress goes to stderr. */
import { writeFile } from 'node:fs/promises';
import { MEDIA_HELP, readMediaOptions } from './media/options.ts';
import { readRuntimeOptions, RUNTIME_HELP } from './runtime/options.ts';
import { readSignalingOptions, SIGNALING_HELP } from './signaling/options.ts';
import { readTurnOptions, TURN_HELP } from './turn/options.ts';
import { turnTable } from './turn/turn-report.ts';

const HELP = `Usage: npm run bench -- BENCH [OPTIONS]

Benches:
  turn       a conversation in real rooms: latency, cut-ins, barge-in, lips and sound, pictures, sessions
  runtime    the inference runtime: protocol and scheduler, real Triton beside it, batching, each engine's cost
  media      sound and picture: underruns, lips and sound, cost, stopping, memory, networks, recordings, beside a peer
  signaling  sessions a second through NGINX, hostile requests, a soak, failover, reconnects, restarts

npm run bench -- BENCH --help explains its options.
`;

async function main(args: readonly string[]): Promise<number> {
  const [bench, ...rest] = args;
  switch (bench) {
    case 'turn':
      return turn(rest);
    case 'runtime':
      return runtime(rest);
    case 'media':
      return media(rest);
    case 'signaling':
      return signaling(rest);
    default: {
      const asked = bench === '--help' || bench === undefined;
      (asked ? process.stdout : process.stderr).write(HELP);
      return asked ? 0 : 2;
    }
  }
}

async function turn(args: readonly string[]): Promise<number> {
  const options = readTurnOptions(args);
  if (options === 'help') {
    process.stdout.write(TURN_HELP);
    return 0;
  }
  const { turnBench } = await quietly(() => import('./turn/turn-bench.ts'));
  const figures = await turnBench(options, progress());
  process.stdout.write(`${turnTable(figures)}\n`);
  if (options.jsonPath !== undefined) {
    await writeFile(options.jsonPath, `${JSON.stringify(figures, null, 2)}\n`);
  }
  return 0;
}

async function runtime(args: readonly string[]): Promise<number> {
  const options = readRuntimeOptions(args);
  if (options === 'help') {
    process.stdout.write(RUNTIME_HELP);
    return 0;
  }
  const { runtimeBench } = await import('./runtime/run.ts');
  await runtimeBench(options, progress());
  return 0;
}

async function media(args: readonly string[]): Promise<number> {
  const options = readMediaOptions(args);
  if (options === 'help') {
    process.stdout.write(MEDIA_HELP);
    return 0;
  }
  const { mediaBench } = await quietly(() => import('./media/run.ts'));
  await mediaBench(options, progress());
  return 0;
}

async function signaling(args: readonly string[]): Promise<number> {
  const options = readSignalingOptions(args);
  if (options === 'help') {
    process.stdout.write(SIGNALING_HELP);
    return 0;
  }
  const { signalingBench } = await quietly(() => import('./signaling/run.ts'));
  await signalingBench(options, progress());
  return 0;
}

/** Says on stderr what is under way, with the seconds since the start. */
function progress(): (line: string) => void {
  const startedMs = performance.now();
  return (line) => {
    const atS = (performance.now() - startedMs) / 1_000;
    process.stderr.write(`${atS.toFixed(0).padStart(4)} s  ${line}\n`);
  };
}

/** The room SDK writes its debugging to stdout unless it is loaded in production. */
async function quietly<T>(load: () => Promise<T>): Promise<T> {
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  try {
    return await load();
  } finally {
    if (NODE_ENV === undefined) {
      delete process.env.NODE_ENV;
    } else {
      process.env.NODE_ENV = NODE_ENV;
    }
  }
}

try {
  // Native handles of rooms may outlive their closing; the figures are out.
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}
