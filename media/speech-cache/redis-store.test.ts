import { systemClock } from '#media/clock.ts';
import type { SpeechChunk } from '#media/ports.ts';
import { FakeClock } from '#media/testing/fake-clock.ts';
import { FakeTextToSpeech } from '#media/testing/fake-tts.ts';
import { startRedis, whyNoRedis, type RunningRedis } from '#media/testing/redis-server.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { cacheKey } from './cache-key.ts';
import { CachedTextToSpeech } from './cached-text-to-speech.ts';
import { DiskStore } from './disk-store.ts';
import { RedisStore, type RedisStoreOptions } from './redis-store.ts';

const TEXT = 'One two. Three.';
const WAIT = { timeout: 10_000, interval: 20 };
const skip = whyNoRedis();

async function speak(voice: CachedTextToSpeech): Promise<SpeechChunk[]> {
  const chunks: SpeechChunk[] = [];
  for await (const chunk of voice.synthesize(TEXT, 'fake')) {
    chunks.push(chunk);
  }
  return chunks;
}

describe('speech in a Redis that is not there', () => {
  it('is made at once, and its trouble told once a rest', async () => {
    const troubles: Error[] = [];
    const clock = new FakeClock();
    // Nothing listens on port 1.
    const store = new RedisStore({
      url: 'redis://127.0.0.1:1',
      clock,
      onTrouble: (error) => troubles.push(error),
    });
    const voice = new CachedTextToSpeech({
      engine: new FakeTextToSpeech(),
      version: '1',
      stores: [store],
    });
    // The clock stands still: nothing here waits for it.
    expect(await speak(voice)).toHaveLength(2);
    await voice.settled();
    await vi.waitFor(() => {
      expect(troubles).toHaveLength(1);
    }, WAIT);
    expect(store.usable).toBe(false);
    await store.close();
  });
});

describe.skipIf(skip !== undefined)(skip ?? 'speech in Redis', () => {
  let redis: RunningRedis;
  const open: RedisStore[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((store) => store.close()));
  });
  afterAll(() => redis.close());

  async function connected(more: Partial<RedisStoreOptions> = {}): Promise<RedisStore> {
    const store = new RedisStore({ url: redis.url, clock: systemClock, maxWaitMs: 5_000, ...more });
    open.push(store);
    await vi.waitFor(() => {
      expect(store.usable).toBe(true);
    }, WAIT);
    return store;
  }

  const chunk = (length: number): SpeechChunk => ({
    samples: Int16Array.from({ length }, (_, at) => at % 1_000),
    sampleRateHz: 16_000,
    phonemes: [{ phoneme: 'm', startMs: 0, endMs: 1 }],
    words: [{ text: 'hé', startMs: 0, endMs: 1 }],
  });

  it('comes back as it was', async () => {
    const store = await connected();
    await store.set('a', [chunk(100_000), chunk(0)]);
    expect(await store.get('a')).toEqual([chunk(100_000), chunk(0)]);
    expect(await store.get('nobody')).toBeUndefined();
  });

  it('serves a second process', async () => {
    const engine = new FakeTextToSpeech();
    const first = new CachedTextToSpeech({ engine, version: 'r', stores: [await connected()] });
    const spoken = await speak(first);
    await first.settled();
    const second = new CachedTextToSpeech({ engine, version: 'r', stores: [await connected()] });
    expect(await speak(second)).toEqual(spoken);
    await speak(second);
    expect(engine.spoken).toHaveLength(1);
    expect(second.figures).toMatchObject({
      memoryHits: 1,
      storeHits: 1,
      hitsByStore: { redis: 1 },
      hitRatio: 1,
    });
  });

  it('is filled from the disk behind it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'speech-cache-'));
    try {
      const disk = new DiskStore({ folder, maxBytes: 1e9 });
      const engine = new FakeTextToSpeech();
      const early = new CachedTextToSpeech({ engine, version: 'd', stores: [disk] });
      await speak(early);
      await early.settled();
      const store = await connected();
      const late = new CachedTextToSpeech({ engine, version: 'd', stores: [store, disk] });
      await speak(late);
      await late.settled();
      expect(late.figures.hitsByStore).toEqual({ disk: 1 });
      const key = cacheKey({ engine: 'fake', version: 'd', voiceId: 'fake', text: TEXT });
      expect(await store.get(key)).toHaveLength(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is absent where it is damaged, and expires when nobody asks for it', async () => {
    const client = createClient({ url: redis.url });
    await client.connect();
    const store = await connected({ keepSeconds: 100 });
    await client.set('understudy:speech:bad', 'no record');
    expect(await store.get('bad')).toBeUndefined();
    await store.set('short', [chunk(10)]);
    await client.expire('understudy:speech:short', 5);
    await store.get('short');
    expect(await client.ttl('understudy:speech:short')).toBeGreaterThan(90);
    client.destroy();
  });

  it('is not waited for when Redis hangs: a bound, then a rest, then it is asked again', async () => {
    const clock = new FakeClock();
    const troubles: string[] = [];
    const store = await connected({
      clock,
      maxWaitMs: 25,
      restMs: 2_000,
      onTrouble: ({ message }) => troubles.push(message),
    });
    await store.set('k', [chunk(10)]);
    process.kill(redis.processId, 'SIGSTOP');
    try {
      const waiting = store.get('k');
      clock.advance(25);
      expect(await waiting).toBeUndefined();
      // At rest nothing is asked, so nothing waits for the clock.
      expect(await store.get('k')).toBeUndefined();
      await store.set('k', [chunk(20)]);
      expect(troubles).toEqual(['Redis did not answer within 25 ms.']);
    } finally {
      process.kill(redis.processId, 'SIGCONT');
    }
    clock.advance(2_000);
    expect(await store.get('k')).toEqual([chunk(10)]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('is found again after Redis was started anew', async () => {
    const store = await connected({ restMs: 0 });
    await redis.close();
    await vi.waitFor(() => {
      expect(store.usable).toBe(false);
    }, WAIT);
    expect(await store.get('k')).toBeUndefined();
    redis = await startRedis(redis.port);
    await vi.waitFor(() => {
      expect(store.usable).toBe(true);
    }, WAIT);
    await store.set('k', [chunk(10)]);
    expect(await store.get('k')).toEqual([chunk(10)]);
  });

  it('is asked no more after its end', async () => {
    const store = await connected();
    await store.close();
    await store.close();
    expect(await store.get('k')).toBeUndefined();
    await store.set('k', [chunk(1)]);
  });
});
