/**
 * Token buckets in Redis, for any number of signaling processes: rate-limiter-flexible's limiter with a script of our own
 * in place of its counter, by Redis's own clock. A key `limit:…` holds when its bucket is full again, and goes then.
 */
import type { Cluster, Redis } from 'ioredis';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { fillSeconds, type BucketSize, type Buckets, type Taken } from './buckets.ts';

/**
 * KEYS bucket. ARGV tokens to take, seconds to fill (twice, as the limiter gives it), burst. Answers tokens missing, more
 * than the burst where it is refused, and the wait in milliseconds.
 */
const TAKE = `
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + tonumber(clock[2]) / 1000
local burst = tonumber(ARGV[3])
local fill = tonumber(ARGV[2]) * 1000
local token = fill / burst
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local missing = full - now + tonumber(ARGV[1]) * token
if missing > fill + token / 100 then
  return {burst + 1, math.ceil(missing - fill)}
end
redis.call('SET', KEYS[1], string.format('%.3f', now + missing), 'PX', math.ceil(missing))
return {math.ceil(missing / token - 0.01), math.ceil(missing)}`;

export class RedisBuckets implements Buckets {
  readonly #redis: Redis | Cluster;
  readonly #limiters = new Map<string, RateLimiterRedis>();

  /** Owns the connection. */
  constructor(redis: Redis | Cluster) {
    this.#redis = redis;
  }

  /** Rejects at once while Redis is away. */
  async take(name: string, size: BucketSize): Promise<Taken> {
    try {
      const { remainingPoints, msBeforeNext } = await this.#limiter(size).consume(name);
      return { admitted: true, left: remainingPoints, waitMs: msBeforeNext };
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) {
        return { admitted: false, left: 0, waitMs: refusal.msBeforeNext };
      }
      throw refusal;
    }
  }

  close(): Promise<void> {
    this.#redis.disconnect();
    return Promise.resolve();
  }

  #limiter(size: BucketSize): RateLimiterRedis {
    const key = `${String(size.burst)}:${String(size.perSecond)}`;
    const known = this.#limiters.get(key);
    if (known !== undefined) {
      return known;
    }
    const made = new RateLimiterRedis({
      storeClient: this.#redis,
      keyPrefix: 'limit',
      points: size.burst,
      duration: fillSeconds(size),
      customIncrTtlLuaScript: TAKE,
      rejectIfRedisNotReady: true,
    });
    this.#limiters.set(key, made);
    return made;
  }
}
