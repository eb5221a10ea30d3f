import { FakeClock } from '#media/testing/fake-clock.ts';
import { systemClock } from '#media/clock.ts';
import { startRedis, whyNoRedis } from '#media/testing/redis-server.ts';
import { describe, expect, it } from 'vitest';
import { RedisConnection } from './redis-connection.ts';
import { byRedis, RuntimeAnnouncer } from './redis-registry.ts';

const skip = whyNoRedis();
const START_MS = 20_000;

describe.skipIf(skip !== undefined)(`the registry in a real Redis${skip ?? ''}`, () => {
  it(
    'finds who has entered, until it leaves',
    async () => {
      const server = await startRedis();
      const redis = new RedisConnection({ url: server.url, clock: systemClock });
      const clock = new FakeClock();
      const announcer = new RuntimeAnnouncer({ redis, address: 'a:8001', clock });
      try {
        const find = byRedis(redis);
        await announcer.start();
        expect(await find()).toEqual(['a:8001']);
        await announcer.stop();
        expect(await find()).toEqual([]);
      } finally {
        redis.close();
        await server.close();
      }
    },
    START_MS,
  );
});

describe('a Redis that is not there', () => {
  it('fails its commands in time and ends when closed', async () => {
    const clock = new FakeClock();
    const redis = new RedisConnection({ url: 'redis://127.0.0.1:1', clock });
    const late = expect(redis.sendCommand(['TIME'])).rejects.toThrow(/did not answer/u);
    clock.advance(1_000);
    await late;
    redis.close();
    redis.close();
    expect(clock.pendingTimers).toBe(0);
  });
});
