import { beforeEach, describe, expect, it } from 'vitest';
import type { Problem } from '../api-types.ts';
import { SCENARIO, testSignaling } from '../testing.ts';
import { TestOperator } from '../testing-operator.ts';
import { parseLimits } from './limits.ts';
import { MemoryBuckets } from './memory-buckets.ts';
import { RateLimiter } from './rate-limiter.ts';

const LEARNER = '203.0.113.7';
let nowMs: number;
let signaling: Awaited<ReturnType<typeof testSignaling>>;
beforeEach(async () => {
  nowMs = 1_000_000;
  signaling = await testSignaling({
    maxSessions: 1_000,
    trustProxy: '172.30.0.0/24',
    limiter: new RateLimiter({
      buckets: new MemoryBuckets(() => nowMs),
      limits: parseLimits('sessions=1:3,reads=2:4,sign-in=1:2,sessions/key=1:2')!,
    }),
  });
}, 120_000);

const create = (remoteAddress: string, headers: Record<string, string> = {}) =>
  signaling.app.inject({
    method: 'POST',
    url: '/api/v1/sessions',
    payload: { scenarioId: SCENARIO.id },
    remoteAddress,
    headers,
  });
const read = (remoteAddress: string, url = '/api/v1/catalogue') =>
  signaling.app.inject({ url, remoteAddress });
const statuses = async (count: number, ask: () => Promise<{ statusCode: number }>) => {
  const found: number[] = [];
  for (let at = 0; at < count; at += 1) {
    found.push((await ask()).statusCode);
  }
  return found;
};

describe('one address', () => {
  it('may ask so much, is told what is left, then when to come again', async () => {
    const first = await create(LEARNER);
    expect(first.headers).toMatchObject({
      'ratelimit-policy': '"sessions";q=3;w=3',
      ratelimit: '"sessions";r=2;t=1',
    });
    expect(await statuses(2, () => create(LEARNER))).toEqual([201, 201]);
    const refused = await create(LEARNER);
    expect(refused.statusCode).toBe(429);
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '1',
      ratelimit: '"sessions";r=0;t=1',
    });
    expect(refused.json<Problem>().code).toBe('RATE_LIMITED');
    nowMs += 1_000;
    expect(await statuses(2, () => create(LEARNER))).toEqual([201, 429]);
  });

  it('leaves others theirs, and its other kinds of request', async () => {
    await statuses(4, () => create(LEARNER));
    expect((await create('203.0.113.8')).statusCode).toBe(201);
    expect(await statuses(5, () => read(LEARNER))).toEqual([200, 200, 200, 200, 429]);
  });

  it('is the one that the proxy tells, from the proxy alone', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': address });
    await statuses(4, () => create('172.30.0.2', from('198.51.100.1')));
    expect((await create('172.30.0.2', from('198.51.100.2'))).statusCode).toBe(201);
    expect((await create('172.30.0.2', from('198.51.100.1'))).statusCode).toBe(429);
    // Whoever is no proxy changes nothing by saying so.
    const invented = await statuses(4, () => create(LEARNER, from(`198.51.100.${String(nowMs)}`)));
    expect(invented.at(-1)).toBe(429);
  });

  it('of IPv6 is its network', async () => {
    await statuses(3, () => create('2001:db8:1:2::1'));
    expect((await create('2001:db8:1:2:ffff::9')).statusCode).toBe(429);
    expect((await create('2001:db8:1:3::1')).statusCode).toBe(201);
  });

  it('of this machine may ask as much as it likes', async () => {
    expect(new Set(await statuses(10, () => create('127.0.0.1')))).toEqual(new Set([201]));
  });

  it('is limited before its token is looked at', async () => {
    const wrong = { authorization: 'Bearer nonsense' };
    const ask = () =>
      signaling.app.inject({ url: '/api/v1/sessions', remoteAddress: LEARNER, headers: wrong });
    expect(await statuses(5, ask)).toEqual([401, 401, 401, 401, 429]);
  });

  it('is not limited in what it asks of no API: health, agents, files', async () => {
    for (const url of ['/health', '/api/internal/sessions/x/checkpoint?fence=1', '/nothing']) {
      expect(await statuses(8, () => read(LEARNER, url)), url).not.toContain(429);
    }
  });
});

describe('one API key', () => {
  it('has its own measure, wherever it is used from, and not its address’s', async () => {
    const operator = await TestOperator.create({ limiter: limiterOf() });
    const made = await operator.ask<{ key: string }>('POST', '/api-keys', {
      ...{ name: 'embedder', scopes: ['sessions:create'] },
    });
    signaling = operator.signaling;
    const headers = { authorization: `Bearer ${made.body.key}` };
    const found = [];
    for (const address of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
      found.push((await create(address, headers)).statusCode);
    }
    expect(found).toEqual([201, 201, 429]);
    expect((await create('198.51.100.1')).statusCode).toBe(201);
  });

  const limiterOf = (): RateLimiter =>
    new RateLimiter({
      buckets: new MemoryBuckets(() => nowMs),
      limits: parseLimits('sessions/key=1:2')!,
    });
});
