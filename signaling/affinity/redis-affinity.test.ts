/** The same suite against a real Redis and a real Cluster of three masters and three replicas, and a node that dies. */
import { startRedis, whyNoRedis, type RunningRedis } from '#media/testing/redis-server.ts';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { affinityConformance, type AffinityUnderTest } from './affinity-conformance.ts';
import { RedisAffinity } from './redis-affinity.ts';
import { connectRedis } from './redis-connection.ts';
import { AffinityError, NOBODY } from './session-affinity.ts';
import { startRedisCluster } from './testing/redis-cluster.ts';

const skip = whyNoRedis();

async function under(url: string, stop: () => Promise<void>): Promise<AffinityUnderTest> {
  const affinity = new RedisAffinity(url);
  const other = new RedisAffinity(url);
  const redis = connectRedis(url);
  return {
    affinity,
    other,
    // Redis keeps its own time: the keys are brought so much nearer to their end.
    pass: async (id, seconds) => {
      for (const key of [
        `session:{${id}}`,
        `session:{${id}}:fence`,
        `session:{${id}}:checkpoint`,
      ]) {
        const left = await redis.pttl(key);
        if (left > 0) {
          await redis.pexpire(key, left - seconds * 1_000);
        }
      }
    },
    close: async () => {
      redis.disconnect();
      await Promise.all([affinity.close(), other.close()]);
      await stop();
    },
  };
}

affinityConformance(
  'affinity in Redis',
  async () => {
    const server = await startRedis();
    return under(server.url, () => server.close());
  },
  { skip },
);

affinityConformance(
  'affinity in a Redis Cluster',
  async () => {
    const cluster = await startRedisCluster({ masters: 3 });
    return under(cluster.url, () => cluster.close());
  },
  { skip, openWithinMs: 60_000 },
);

describe.skipIf(skip !== undefined)('trouble with Redis', () => {
  it('that has forgotten our scripts is told them again', async () => {
    const server = await startRedis();
    const affinity = new RedisAffinity(server.url);
    const redis = new Redis(server.url);
    expect(await affinity.claim('a', 0, NOBODY)).toMatchObject({ fence: 1 });
    await redis.script('FLUSH');
    expect(await affinity.claim('a', 1, NOBODY)).toMatchObject({ fence: 2 });
    // Nobody sends a script whose hash is enough.
    await redis.config('RESETSTAT');
    expect(await affinity.claim('a', 2, NOBODY)).toMatchObject({ fence: 3 });
    const counts = await redis.info('commandstats');
    expect(counts).toContain('cmdstat_evalsha');
    expect(counts).not.toMatch(/cmdstat_eval:/u);
    redis.disconnect();
    await affinity.close();
    await server.close();
  });

  it('is told with a code, and over when Redis is back', async () => {
    let server: RunningRedis = await startRedis();
    const affinity = new RedisAffinity(server.url);
    try {
      await affinity.claim('a', 0, NOBODY);
      await server.close();
      await expect(affinity.read('a')).rejects.toThrow(AffinityError);
      server = await startRedis(server.port);
      // It was empty after its restart: the owner enters itself again, under its old number.
      const isBack = (): Promise<boolean> =>
        affinity.renew('a', 1, NOBODY).catch((error: unknown) => {
          expect(error).toBeInstanceOf(AffinityError);
          return isBack();
        });
      expect(await isBack()).toBe(true);
      expect(await affinity.read('a')).toMatchObject({ fence: 1 });
    } finally {
      await affinity.close();
      await server.close();
    }
  });

  it('of one node of a Cluster loses no session and no number', { timeout: 90_000 }, async () => {
    const cluster = await startRedisCluster({ masters: 3, replicas: 1 });
    const affinity = new RedisAffinity(cluster.url);
    const ids = Array.from({ length: 60 }, (_, at) => `lesson${String(at)}`);
    try {
      for (const id of ids) {
        expect((await affinity.claim(id, 0, NOBODY))?.fence).toBe(1);
        expect(await affinity.keep(id, 1, `turns of ${id}`)).toBe(true);
      }
      await cluster.untilReplicated();
      await cluster.kill(0);
      const patiently = async <Value>(ask: () => Promise<Value>): Promise<Value> => {
        for (;;) {
          try {
            return await ask();
          } catch (error) {
            expect(error).toBeInstanceOf(AffinityError);
          }
        }
      };
      for (const id of ids) {
        expect(await patiently(() => affinity.kept(id))).toBe(`turns of ${id}`);
        expect(await patiently(() => affinity.claim(id, 0, NOBODY))).toBeUndefined();
        expect(await patiently(() => affinity.renew(id, 1, NOBODY))).toBe(true);
      }
    } finally {
      await affinity.close();
      await cluster.close();
    }
  });
});

describe('addresses of Redis', () => {
  it('are one server, Sentinels or a Cluster', () => {
    const one = connectRedis('redis://name:p%40ss@127.0.0.1:1/3') as Redis;
    const watched = connectRedis('sentinel://127.0.0.1:1,sentinel://127.0.0.1:2/lessons') as Redis;
    const cluster = connectRedis('redis://127.0.0.1:1,redis://127.0.0.1:2');
    try {
      expect(one.options).toMatchObject({ port: 1, db: 3, username: 'name', password: 'p@ss' });
      expect(watched.options).toMatchObject({
        name: 'mymaster',
        sentinels: [
          { host: '127.0.0.1', port: 1 },
          { host: '127.0.0.1', port: 2 },
        ],
      });
      expect('nodes' in cluster).toBe(true);
    } finally {
      for (const connection of [one, watched, cluster]) {
        connection.disconnect();
      }
    }
  });
});
