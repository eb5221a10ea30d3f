import { MediaError } from '#media/errors.ts';
import type { SpeechChunk } from '#media/ports.ts';
import { FakeTextToSpeech } from '#media/testing/fake-tts.ts';
import { describeTextToSpeech } from '#media/testing/tts-conformance.ts';
import fc from 'fast-check';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheKey } from './cache-key.ts';
import { CachedTextToSpeech } from './cached-text-to-speech.ts';
import { DiskStore, type SpeechStore } from './disk-store.ts';
import { MemoryStore } from './memory-store.ts';
import { decodeSpeech, encodeSpeech } from './speech-record.ts';

describeTextToSpeech({
  name: 'a voice with a cache',
  create: () => new CachedTextToSpeech({ engine: new FakeTextToSpeech(), version: '1' }),
  voiceId: 'fake',
  text: 'Good morning, how are you? Very well.',
});

const TEXT = 'One two. Three.';

async function speak(voice: CachedTextToSpeech, text = TEXT): Promise<SpeechChunk[]> {
  const chunks: SpeechChunk[] = [];
  for await (const chunk of voice.synthesize(text, 'fake')) {
    chunks.push(chunk);
  }
  return chunks;
}

/** Opens when the test says so. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('a voice with a cache', () => {
  it('asks the engine once and gives each caller sound of its own', async () => {
    const engine = new FakeTextToSpeech();
    const voice = new CachedTextToSpeech({ engine, version: '1' });
    const first = await speak(voice);
    first[0]!.samples.fill(0);
    const second = await speak(voice);
    expect(engine.spoken).toHaveLength(1);
    expect(second).toHaveLength(2);
    expect(second[0]!.samples.some((sample) => sample !== 0)).toBe(true);
    expect(voice.hitRatio).toBe(0.5);
  });

  it('forgets what another version said', async () => {
    const engine = new FakeTextToSpeech();
    const memoryOfBoth: SpeechStore = fakeStore();
    await speak(new CachedTextToSpeech({ engine, version: '1', stores: [memoryOfBoth] }));
    await speak(new CachedTextToSpeech({ engine, version: '2', stores: [memoryOfBoth] }));
    expect(engine.spoken).toHaveLength(2);
  });

  it('shares a synthesis in flight; the second hears it from its start', async () => {
    const { opened, open } = gate();
    const engine = new FakeTextToSpeech({
      beforeChunk: (index) => (index === 1 ? opened : Promise.resolve()),
    });
    const voice = new CachedTextToSpeech({ engine, version: '1' });
    const first = voice.synthesize(TEXT, 'fake');
    await first.next();
    const second = speak(voice);
    open();
    expect((await first.next()).done).toBe(false);
    expect(await second).toHaveLength(2);
    expect(engine.spoken).toHaveLength(1);
    expect(voice.counters).toMatchObject({ misses: 1, shared: 1 });
  });

  it('one who leaves disturbs nobody; when all have left, the synthesis stops and is not kept', async () => {
    const { opened, open } = gate();
    const engine = new FakeTextToSpeech({
      beforeChunk: (index) => (index === 1 ? opened : Promise.resolve()),
    });
    const voice = new CachedTextToSpeech({ engine, version: '1' });
    const leaving = new AbortController();
    const one = voice.synthesize(TEXT, 'fake', { signal: leaving.signal });
    const other = voice.synthesize(TEXT, 'fake');
    await one.next();
    await other.next();
    leaving.abort();
    expect((await one.next()).done).toBe(true);
    await other.return(undefined);
    open();
    expect(await speak(voice)).toHaveLength(2);
    expect(engine.spoken).toHaveLength(2);
  });

  it('passes a failure to every listener and keeps nothing of it', async () => {
    const engine = new FakeTextToSpeech({ failAtChunk: 1 });
    const voice = new CachedTextToSpeech({ engine, version: '1' });
    const both = await Promise.allSettled([speak(voice), speak(voice)]);
    for (const { status } of both) {
      expect(status).toBe('rejected');
    }
    await expect(speak(voice)).rejects.toBeInstanceOf(MediaError);
    expect(engine.spoken).toHaveLength(2);
  });

  it('speaks although a store fails, and says that it failed', async () => {
    const failures: unknown[] = [];
    const broken: SpeechStore = {
      get: () => Promise.reject(new Error('down')),
      set: () => Promise.reject(new Error('down')),
    };
    const voice = new CachedTextToSpeech({
      engine: new FakeTextToSpeech(),
      version: '1',
      stores: [broken],
      onStoreFailed: (error) => failures.push(error),
    });
    expect(await speak(voice)).toHaveLength(2);
    await voice.settled();
    expect(failures).toHaveLength(2);
  });
});

function fakeStore(): SpeechStore {
  const held = new Map<string, readonly SpeechChunk[]>();
  return {
    get: (key) => Promise.resolve(held.get(key)),
    set: (key, chunks) => {
      held.set(key, chunks);
      return Promise.resolve();
    },
  };
}

const chunk = (length: number): SpeechChunk => ({
  samples: new Int16Array(length).fill(7),
  sampleRateHz: 16_000,
  phonemes: [{ phoneme: 'm', startMs: 0, endMs: 1 }],
  words: [{ text: 'hej', startMs: 0, endMs: 1 }],
});

describe('the memory', () => {
  it('drops what was used longest ago when the bytes no longer fit, and keeps no giant', () => {
    const memory = new MemoryStore(2 * (2_000 + 128));
    memory.set('a', [chunk(1_000)]);
    memory.set('b', [chunk(1_000)]);
    memory.get('a');
    memory.set('c', [chunk(1_000)]);
    expect([memory.get('a'), memory.get('b'), memory.get('c')].map(Boolean)).toEqual([
      true,
      false,
      true,
    ]);
    memory.set('giant', [chunk(10_000)]);
    expect(memory.get('giant')).toBeUndefined();
    expect(memory.bytes).toBe(2 * (2_000 + 128));
  });
});

describe('the disk', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'speech-cache-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const pathOf = (key: string): string => join(folder, key.slice(0, 2), `${key}.speech`);

  it('serves a second process, and takes a damaged file for none', async () => {
    const engine = new FakeTextToSpeech();
    const make = (): CachedTextToSpeech =>
      new CachedTextToSpeech({
        engine,
        version: '1',
        stores: [new DiskStore({ folder, maxBytes: 1e9 })],
      });
    const first = make();
    await speak(first);
    await first.settled();
    const second = make();
    expect(await speak(second)).toEqual(await speak(first));
    expect(second.counters.storeHits).toBe(1);
    const path = pathOf(cacheKey({ engine: 'fake', version: '1', voiceId: 'fake', text: TEXT }));
    await writeFile(path, (await readFile(path)).subarray(0, 100));
    await speak(make());
    expect(engine.spoken).toHaveLength(2);
  });

  it('is trimmed to its size, and of what an interrupted write left', async () => {
    const own = join(folder, 'own');
    const store = new DiskStore({ folder: own, maxBytes: 3_000 });
    await store.set('aa1', [chunk(1_000)]);
    await store.set('bb2', [chunk(1_000)]);
    await writeFile(join(own, 'bb', 'bb2.speech.x.part'), 'half');
    await store.trim();
    const left = await readdir(own, { recursive: true });
    expect(left.filter((name) => name.endsWith('.speech'))).toHaveLength(1);
    expect(left.filter((name) => name.endsWith('.part'))).toHaveLength(0);
  });
});

describe('records and keys', () => {
  it('come back as they were, and damage is noticed', () => {
    const record = encodeSpeech([chunk(3), chunk(0)]);
    expect(decodeSpeech(record)).toEqual([chunk(3), chunk(0)]);
    fc.assert(
      fc.property(
        fc.nat(record.length - 1),
        (length) => decodeSpeech(record.subarray(0, length)) === undefined,
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => decodeSpeech(noise) === undefined),
    );
  });

  it('tell apart what sounds apart, and no more', () => {
    const key = (more: object): string =>
      cacheKey({ engine: 'e', version: '1', voiceId: 'v', text: 'Hej.', ...more });
    expect(key({ text: ' Hej. ' })).toBe(key({}));
    const others = [
      { engine: 'f' },
      { version: '2' },
      { voiceId: 'w' },
      { text: 'Hej!' },
      { engine: 'e1', version: '' },
    ];
    expect(new Set([key({}), ...others.map(key)]).size).toBe(others.length + 1);
  });
});
