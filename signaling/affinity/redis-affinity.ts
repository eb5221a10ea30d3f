/**
 * Session affinity in Redis, for any number of signaling processes. Each change is one script, so that nothing comes
 * between the look at the fencing number and the write. The keys of a session share a hash slot:
 *
 *     session:{id}              the owner as JSON, SESSION_TTL_S
 *     session:{id}:fence        the last fencing number, FENCE_TTL_S
 *     session:{id}:checkpoint   what the owner has kept, SESSION_TTL_S
 */
import type { Cluster, Redis } from 'ioredis';
import { createHash } from 'node:crypto';
import { connectRedis } from './redis-connection.ts';
import {
  AffinityError,
  FENCE_TTL_S,
  FORGOTTEN_FENCE,
  SESSION_TTL_S,
  type Ownership,
  type Placement,
  type SessionAffinity,
} from './session-affinity.ts';

/** KEYS owner, fence, checkpoint. ARGV after, JSON without fence, ttl, fence ttl. Answers the new number or 0. */
const CLAIM = `
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if last > tonumber(ARGV[1]) then return 0 end
local fence = tonumber(ARGV[1]) + 1
redis.call('SET', KEYS[2], fence, 'EX', ARGV[4])
redis.call('HSET', KEYS[1], 'fence', fence, 'at', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[3])
return fence`;

/** ARGV fence, JSON, ttl, fence ttl. */
const RENEW = `
local fence = tonumber(ARGV[1])
local owner = tonumber(redis.call('HGET', KEYS[1], 'fence') or '0')
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
if fence < 1 or fence < owner or fence < last then return 0 end
redis.call('SET', KEYS[2], fence, 'EX', ARGV[4])
redis.call('HSET', KEYS[1], 'fence', fence, 'at', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[3])
return 1`;

/** ARGV fence. */
const RELEASE = `
if redis.call('HGET', KEYS[1], 'fence') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[3])
return 1`;

/** ARGV number that nobody reaches, fence ttl. */
const FORGET = `
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
return redis.call('DEL', KEYS[1], KEYS[3])`;

/** ARGV fence, text, ttl. */
const KEEP = `
local owner = redis.call('HGET', KEYS[1], 'fence')
if owner ~= ARGV[1] and (owner or redis.call('EXISTS', KEYS[2]) == 1) then return 0 end
redis.call('SET', KEYS[3], ARGV[2], 'EX', ARGV[3])
return 1`;

const hashes = new Map<string, string>();
/** How Redis calls a script that it has seen. */
function hashOf(script: string): string {
  const known = hashes.get(script) ?? createHash('sha1').update(script).digest('hex');
  hashes.set(script, known);
  return known;
}

const OWNER_KEY = /^session:\{(.+)\}$/u;
const SCAN_COUNT = 500;

const keysOf = (id: string): [string, string, string] => [
  `session:{${id}}`,
  `session:{${id}}:fence`,
  `session:{${id}}:checkpoint`,
];

export class RedisAffinity implements SessionAffinity {
  readonly #redis: Redis | Cluster;
  readonly #nowMs: () => number;

  /** `url` as `connectRedis` takes it; `nowMs` counts from the epoch. */
  constructor(url: string, nowMs: () => number = Date.now) {
    this.#redis = connectRedis(url);
    this.#nowMs = nowMs;
  }

  async claim(
    sessionId: string,
    after: number,
    placement: Placement,
  ): Promise<Ownership | undefined> {
    const { at, seenAtMs } = this.#at(placement);
    const fence = await this.#run(CLAIM, sessionId, after, at, SESSION_TTL_S, FENCE_TTL_S);
    return fence === 0 ? undefined : { ...placement, sessionId, fence, seenAtMs };
  }

  async renew(sessionId: string, fence: number, placement: Placement): Promise<boolean> {
    const { at } = this.#at(placement);
    return (await this.#run(RENEW, sessionId, fence, at, SESSION_TTL_S, FENCE_TTL_S)) === 1;
  }

  async read(sessionId: string): Promise<Ownership | undefined> {
    const { fence, at } = await this.#ask(() => this.#redis.hgetall(keysOf(sessionId)[0]));
    return fence === undefined || at === undefined
      ? undefined
      : {
          ...(JSON.parse(at) as Placement & { seenAtMs: number }),
          sessionId,
          fence: Number(fence),
        };
  }

  async release(sessionId: string, fence: number): Promise<boolean> {
    return (await this.#run(RELEASE, sessionId, fence)) === 1;
  }

  forget(sessionId: string): Promise<number> {
    return this.#run(FORGET, sessionId, FORGOTTEN_FENCE, FENCE_TTL_S);
  }

  async list(): Promise<Ownership[]> {
    const nodes = 'nodes' in this.#redis ? this.#redis.nodes('master') : [this.#redis];
    const ids = new Set<string>();
    for (const node of nodes) {
      let cursor = '0';
      do {
        const [next, keys] = await this.#ask(() =>
          node.scan(cursor, 'MATCH', 'session:{*}', 'COUNT', SCAN_COUNT),
        );
        cursor = next;
        for (const key of keys) {
          const id = OWNER_KEY.exec(key)?.[1];
          if (id !== undefined) {
            ids.add(id);
          }
        }
      } while (cursor !== '0');
    }
    const owners = await Promise.all([...ids].map((id) => this.read(id)));
    return owners.filter((owner) => owner !== undefined);
  }

  async keep(sessionId: string, fence: number, text: string): Promise<boolean> {
    return (await this.#run(KEEP, sessionId, fence, text, SESSION_TTL_S)) === 1;
  }

  async kept(sessionId: string): Promise<string | undefined> {
    return (await this.#ask(() => this.#redis.get(keysOf(sessionId)[2]))) ?? undefined;
  }

  close(): Promise<void> {
    this.#redis.disconnect();
    return Promise.resolve();
  }

  #at(placement: Placement): { at: string; seenAtMs: number } {
    const seenAtMs = this.#nowMs();
    return { at: JSON.stringify({ ...placement, seenAtMs }), seenAtMs };
  }

  async #run(script: string, sessionId: string, ...values: (string | number)[]): Promise<number> {
    const keys = keysOf(sessionId);
    const asked = [keys.length, ...keys, ...values] as const;
    const answer = await this.#ask(async () => {
      try {
        return await this.#redis.evalsha(hashOf(script), ...asked);
      } catch (error) {
        // The first time, and after a restart of Redis.
        if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) {
          throw error;
        }
        return this.#redis.eval(script, ...asked);
      }
    });
    return Number(answer);
  }

  async #ask<Value>(ask: () => Promise<Value>): Promise<Value> {
    try {
      return await ask();
    } catch (error) {
      throw new AffinityError(error);
    }
  }
}
