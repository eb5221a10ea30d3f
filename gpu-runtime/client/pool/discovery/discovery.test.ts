import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { byDns } from './dns-discovery.ts';
import { configured } from './discovery.ts';
import { byRedis, RuntimeAnnouncer, type RegistryRedis } from './redis-registry.ts';

describe('runtimes from the configuration', () => {
  it('are those listed', async () => {
    const list = 'a:8001, 10.0.0.2:8001\n[::1]:8001 unix:/run/runtime';
    expect(await configured(list)()).toEqual([
      'a:8001',
      '10.0.0.2:8001',
      '[::1]:8001',
      'unix:/run/runtime',
    ]);
    expect(await configured('')()).toEqual([]);
  });

  it.each(['a', 'http://a:1', 'a:b', '::1:80'])('are not “%s”', (address) => {
    expect(() => configured(address)).toThrow(RangeError);
  });
});

describe('runtimes behind a name', () => {
  const failure = (code: string): Promise<string[]> =>
    Promise.reject(Object.assign(new Error(code), { code }));

  function scene() {
    const clock = new FakeClock();
    const answers = {
      v4: () => Promise.resolve(['10.0.0.2', '10.0.0.1']),
      v6: () => failure('ENODATA'),
    };
    const resolve = { v4: () => answers.v4(), v6: () => answers.v6() };
    return { clock, answers, find: byDns({ name: 'runtimes', port: 8001, clock, resolve }) };
  }

  it('are all its addresses, asked again after a while', async () => {
    const { clock, answers, find } = scene();
    expect(await find()).toEqual(['10.0.0.1:8001', '10.0.0.2:8001']);
    answers.v4 = () => Promise.resolve([]);
    answers.v6 = () => Promise.resolve(['fd00::1']);
    clock.advance(4_999);
    expect(await find()).toHaveLength(2);
    clock.advance(1);
    expect(await find()).toEqual(['[fd00::1]:8001']);
  });

  it('stay while the resolver fails, and are none where the name has none', async () => {
    const { clock, answers, find } = scene();
    await find();
    answers.v4 = () => failure('ESERVFAIL');
    clock.advance(5_000);
    expect(await find()).toHaveLength(2);
    answers.v4 = () => failure('ENOTFOUND');
    clock.advance(5_000);
    expect(await find()).toEqual([]);
  });

  it('are unknown where the resolver failed from the start', async () => {
    const { answers, find } = scene();
    answers.v4 = () => failure('ETIMEOUT');
    await expect(find()).rejects.toThrow('ETIMEOUT');
  });
});

/** A sorted set on a clock of its own. */
class FakeRedis implements RegistryRedis {
  readonly clock = new FakeClock(1_700_000_000_000);
  readonly set = new Map<string, number>();
  down = false;

  sendCommand([command, _key, first, second]: readonly string[]): Promise<unknown> {
    return this.down
      ? Promise.reject(new Error('ECONNREFUSED'))
      : Promise.resolve(this.#do(command!, first!, second!));
  }

  #do(command: string, first: string, second: string): unknown {
    const ms = this.clock.nowMs();
    const members = [...this.set];
    switch (command) {
      case 'TIME':
        return [String(Math.floor(ms / 1_000)), String((ms % 1_000) * 1_000)];
      case 'ZADD':
        return this.set.set(second, Number(first));
      case 'ZREM':
        return this.set.delete(first);
      case 'ZRANGEBYSCORE':
        return members.filter(([, score]) => score >= Number(first)).map(([member]) => member);
      case 'ZREMRANGEBYSCORE':
        return members
          .filter(([, score]) => score <= Number(second))
          .forEach(([member]) => this.set.delete(member));
      default:
        throw new Error(command);
    }
  }
}

describe('runtimes that enter themselves in Redis', () => {
  function scene() {
    const redis = new FakeRedis();
    const { clock } = redis;
    const problems: unknown[] = [];
    const announcer = (address: string): RuntimeAnnouncer =>
      new RuntimeAnnouncer({ redis, address, clock, onProblem: (error) => problems.push(error) });
    return { redis, clock, problems, announcer, find: byRedis(redis) };
  }

  it('are found while they give signs of life', async () => {
    const { clock, announcer, find } = scene();
    const [a, b] = [announcer('a:1'), announcer('b:1')];
    await a.start();
    await b.start();
    await clock.advanceAsync(10_000, 500);
    expect(await find()).toEqual(['a:1', 'b:1']);
    await b.stop();
    expect(await find()).toEqual(['a:1']);
    await a.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('are lost three seconds after the last one, and swept out later', async () => {
    const { redis, clock, announcer, find } = scene();
    redis.set.set('dead:1', clock.nowMs());
    const a = announcer('a:1');
    await a.start();
    await clock.advanceAsync(3_000, 500);
    expect(await find()).toContain('dead:1');
    await clock.advanceAsync(500);
    expect(await find()).toEqual(['a:1']);
    await clock.advanceAsync(60_000, 500);
    expect([...redis.set.keys()]).toEqual(['a:1']);
    await a.stop();
  });

  it('come back after Redis was away, with one complaint', async () => {
    const { redis, clock, problems, announcer, find } = scene();
    const a = announcer('a:1');
    await a.start();
    redis.down = true;
    await clock.advanceAsync(5_000, 500);
    await expect(find()).rejects.toThrow('ECONNREFUSED');
    expect(problems).toHaveLength(1);
    redis.down = false;
    await clock.advanceAsync(1_000, 500);
    expect(await find()).toEqual(['a:1']);
    await a.stop();
  });
});
