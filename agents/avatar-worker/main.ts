/** Entry of the avatar worker: `npm run avatar-worker`. README.md tells how agents use it. */
import { connectRuntimes, type Runtimes } from '#agents/engines/runtimes.ts';
import type { ServiceKeys } from '#agents/dispatch/avatar-service.ts';
import { readEnvironment, type Environment } from '#config/environment.ts';
import { systemClock } from '#media/clock.ts';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { z } from 'zod';
import { AvatarWorker } from './worker.ts';

/** An avatar takes about a quarter of a core at most, encoding included. */
const AVATARS_PER_CORE = 3;
/** After SIGTERM the running avatars go on this long; then they are ended. */
const DRAIN_WITHIN_MS = 30 * 60_000;

const environment = readEnvironment();
const log = pino({ level: environment.LOG_LEVEL }, pino.destination(2));

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

async function main(): Promise<void> {
  const worker = await AvatarWorker.start({
    environment,
    keys: await keysOf(environment),
    runtimes: await runtimesOf(environment),
    clock: systemClock,
    log,
    capacity: environment.AVATAR_WORKER_CAPACITY ?? AVATARS_PER_CORE * availableParallelism(),
    host: environment.AVATAR_WORKER_HOST,
    port: environment.AVATAR_WORKER_PORT,
    ...(environment.AVATAR_WORKER_ADDRESS === undefined
      ? {}
      : { address: environment.AVATAR_WORKER_ADDRESS }),
    ...(environment.UNDERSTUDY_SIGNALING === undefined
      ? {}
      : { signalingUrl: environment.UNDERSTUDY_SIGNALING }),
  });
  console.log(`Avatars are at ${worker.address}`);
  // Whoever started this process reads the address here.
  process.send?.({ ready: true, address: worker.address });

  const end = async (): Promise<void> => {
    await worker.close();
    process.exit(0);
  };
  let asked = 0;
  const stop = (): void => {
    asked += 1;
    if (asked === 1) {
      systemClock.after(DRAIN_WITHIN_MS, () => void end());
      void worker.drain().then(end);
    } else {
      // Asked twice: at once.
      void end();
    }
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Those of the environment, else those that `npm start` made on this machine. Throws an Error that says what to set. */
async function keysOf({
  LIVEKIT_API_KEY: apiKey,
  LIVEKIT_API_SECRET: apiSecret,
  UNDERSTUDY_DATA,
}: Environment): Promise<ServiceKeys> {
  if (apiKey !== undefined && apiSecret !== undefined) {
    return { apiKey, apiSecret };
  }
  try {
    const text = await readFile(join(UNDERSTUDY_DATA, 'keys.json'), 'utf8');
    return z.object({ apiKey: z.string(), apiSecret: z.string() }).parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(
      'Set LIVEKIT_API_KEY and LIVEKIT_API_SECRET, or run `npm start` once: it makes keys.',
      { cause },
    );
  }
}

async function runtimesOf({
  UNDERSTUDY_RUNTIME: where,
}: Environment): Promise<Runtimes | undefined> {
  try {
    return where === undefined ? undefined : await connectRuntimes(where);
  } catch (err) {
    log.error({ err }, 'UNDERSTUDY_RUNTIME cannot be used');
    return undefined;
  }
}
