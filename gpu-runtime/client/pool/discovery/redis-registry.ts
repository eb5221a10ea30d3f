/**
 * Runtimes that enter themselves in Redis: a sorted set of addresses by the time of their last sign of life, on Redis's
 * own clock, so that the clocks of machines may differ. Who gives no sign for three seconds is not found any more.
 */
import { z } from 'zod';
import type { Clock } from '#media/clock.ts';
import type { Discover } from './discovery.ts';

/** What the registry asks of a Redis client: the answer to a command, as the `redis` package gives it. */
export interface RegistryRedis {
  sendCommand(words: readonly string[]): Promise<unknown>;
}

const addressesSchema = z.array(z.string());
const timeSchema = z.tuple([z.coerce.number(), z.coerce.number()]);

const KEY = 'understudy:runtimes';
const BEAT_MS = 1_000;
const ALIVE_MS = 3_000;
/** Entries of the dead are swept out after this long. */
const FORGET_MS = 60_000;

/** Runtimes that have given a sign of life lately. Rejects where Redis does not answer. */
export function byRedis(redis: RegistryRedis, key = KEY): Discover {
  return async () => {
    const nowMs = await epochMs(redis);
    const since = String(nowMs - ALIVE_MS);
    const found = await redis.sendCommand(['ZRANGEBYSCORE', key, since, '+inf']);
    return addressesSchema.parse(found).toSorted();
  };
}

export interface AnnouncerOptions {
  redis: RegistryRedis;
  /** As rooms reach it. */
  address: string;
  clock: Clock;
  key?: string;
  /** Told once when Redis stops answering. */
  onProblem?: (error: unknown) => void;
}

/** A runtime's side: enters it, gives signs of life, takes it out. Redis may come and go meanwhile. */
export class RuntimeAnnouncer {
  readonly #options: AnnouncerOptions;
  #cancelTimer: (() => void) | undefined;
  #beating: Promise<void> = Promise.resolve();
  #failing = false;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Resolves after the first sign, given or not. */
  start(): Promise<void> {
    this.#beating = this.#beat();
    return this.#beating;
  }

  /** When it drains or closes: nobody new finds it. */
  async stop(): Promise<void> {
    // A sign that is under way would enter it again.
    await this.#beating;
    this.#cancelTimer?.();
    const { redis, address, key = KEY } = this.#options;
    // Without Redis the entry runs out by itself.
    await redis.sendCommand(['ZREM', key, address]).catch(() => undefined);
  }

  /** Never rejects. */
  async #beat(): Promise<void> {
    const { redis, address, clock, key = KEY, onProblem } = this.#options;
    try {
      const nowMs = await epochMs(redis);
      await redis.sendCommand(['ZADD', key, String(nowMs), address]);
      await redis.sendCommand(['ZREMRANGEBYSCORE', key, '-inf', String(nowMs - FORGET_MS)]);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        onProblem?.(error);
      }
      this.#failing = true;
    }
    this.#cancelTimer = clock.after(BEAT_MS, () => {
      this.#beating = this.#beat();
    });
  }
}

async function epochMs(redis: RegistryRedis): Promise<number> {
  const [seconds, microseconds] = timeSchema.parse(await redis.sendCommand(['TIME']));
  return seconds * 1_000 + Math.floor(microseconds / 1_000);
}
