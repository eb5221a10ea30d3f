/** The same suite in memory, in a real Redis and in a real Redis Cluster; and a Redis that goes away and comes back. */
import { startRedis, whyNoRedis, type RunningRedis } from '#media/testing/redis-server.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectRedis } from '../affinity/redis-connection.ts';
import { startRedisCluster } from '../affinity/testing/redis-cluster.ts';
import { bucketsConformance, type BucketsUnderTest } from './buckets-conformance.ts';
import { MemoryBuckets } from './memory-buckets.ts';
import { RedisBuckets } from './redis-buckets.ts';
import { SharedBuckets } from './shared-buckets.ts';

const skip = whyNoRedis();

bucketsConformance('buckets in memory', () => {
  let nowMs = 1_000_000;
  const buckets = new MemoryBuckets(() => nowMs);
  return Promise.resolve({
    buckets,
    other: buckets,
    pass: (_name: string, ms: number) => {
      nowMs += ms;
      return Promise.resolve();
    },
    close: () => buckets.close(),
  });
});

async function over(url: string, stop: () => Promise<void>): Promise<BucketsUnderTest> {
  const buckets = new RedisBuckets(connectRedis(url));
  const other = new RedisBuckets(connectRedis(url));
  const redis = connectRedis(url);
  await redis.ping();
  const isReady = async (one: RedisBuckets): Promise<void> => {
    await one.take('warm-up', { burst: 1_000, perSecond: 1_000 }).catch(() => isReady(one));
  };
  await Promise.all([isReady(buckets), isReady(other)]);
  return {
    buckets,
    other,
    // Redis keeps its own time: the moment at which the bucket is full is brought nearer.
    pass: async (name, ms) => {
      const key = `limit:${name}`;
      const full = Number(await redis.get(key));
      const left = await redis.pttl(key);
      if (left - ms <= 0) {
        await redis.del(key);
      } else {
        await redis.set(key, String(full - ms), 'PX', left - ms);
      }
    },
    close: async () => {
      redis.disconnect();
      await Promise.all([buckets.close(), other.close()]);
      await stop();
    },
  };
}

bucketsConformance(
  'buckets in Redis',
  async () => {
    const server = await startRedis();
    return over(server.url, () => server.close());
  },
  skip,
);

bucketsConformance(
  'buckets in a Redis Cluster',
  async () => {
    const cluster = await startRedisCluster({ masters: 3 });
    return over(cluster.url, () => cluster.close());
  },
  skip,
);

describe.skipIf(skip !== undefined)('a Redis that goes away', () => {
  it('leaves each process its own buckets, says so once, and shares again when it is back', async () => {
    let server: RunningRedis = await startRedis();
    const said: string[] = [];
    const buckets = new SharedBuckets({
      shared: new RedisBuckets(connectRedis(server.url)),
      own: new MemoryBuckets(),
      onChange: (state) => said.push(state),
    });
    const size = { burst: 3, perSecond: 0.01 };
    const until = async (state: string): Promise<void> => {
      while (said.at(-1) !== state) {
        await buckets.take('waiting', { burst: 1_000_000, perSecond: 1 });
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    try {
      // Its connection is being made: until then it counts by itself.
      await buckets.take('first', size);
      if (said.length > 0) {
        await until('back');
      }
      said.length = 0;
      await server.close();
      await until('away');
      const taken = [];
      for (let at = 0; at < 5; at += 1) {
        taken.push((await buckets.take('mine', size)).admitted);
      }
      expect(taken).toEqual([true, true, true, false, false]);
      expect(said).toEqual(['away']);
      server = await startRedis(server.port);
      await until('back');
      expect(said).toEqual(['away', 'back']);
      expect((await buckets.take('mine', size)).admitted).toBe(true);
    } finally {
      await buckets.close();
      await server.close();
    }
  });
});

describe('whatever comes when', () => {
  it('no span of time sees more than a burst and what came back within it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(0.1, 0.5, 1, 2, 10),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 80 }),
        async (burst, perSecond, gapsMs) => {
          let nowMs = 0;
          const buckets = new MemoryBuckets(() => nowMs);
          const size = { burst, perSecond };
          const rate = burst / Math.max(1, Math.round(burst / perSecond));
          const admittedAtMs: number[] = [];
          for (const gapMs of gapsMs) {
            nowMs += gapMs;
            if ((await buckets.take('one', size)).admitted) {
              admittedAtMs.push(nowMs);
            }
          }
          for (const [at, from] of admittedAtMs.entries()) {
            for (const [later, to] of admittedAtMs.slice(at).entries()) {
              expect(later + 1).toBeLessThanOrEqual(burst + ((to - from) / 1_000) * rate + 0.1);
            }
          }
        },
      ),
    );
  });
});
