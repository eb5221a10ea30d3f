/** How soon speech that is in the cache begins: from memory, and from a real Redis on this machine. */
import { systemClock } from '#media/clock.ts';
import { CachedTextToSpeech } from '#media/speech-cache/cached-text-to-speech.ts';
import { RedisStore } from '#media/speech-cache/redis-store.ts';
import { FakeTextToSpeech } from '#media/testing/fake-tts.ts';
import { startRedis, whyNoRedis } from '#media/testing/redis-server.ts';
import { show, type SectionResult } from './report.ts';

/** Two sentences, 25 words of 200 ms: 5.2 s of sound at 24 kHz. */
const LINE = `${'word '.repeat(12)}one. ${'word '.repeat(11)}two.`;
const WARM_UP = 20;
/** Long enough that an answer is measured and not given up. */
const PATIENCE_MS = 1_000;

/** Without Redis here that figure is null, and `detail` says why. */
export async function measureCache(quick: boolean): Promise<SectionResult> {
  const rounds = quick ? 50 : 300;
  const memory = await measureMemory(rounds);
  const reason = whyNoRedis();
  const redis = reason === undefined ? await measureRedis(rounds) : null;
  const figures = { memory: rounded(memory), redis: redis === null ? null : rounded(redis) };
  return {
    figures: { cacheFirstByteMs: figures },
    rows: [
      {
        figure: 'cache hit: first byte',
        reach: '≤ 3 ms memory, ≤ 15 ms Redis',
        measured: `memory ${show(figures.memory, ' ms')}, Redis ${show(figures.redis, ' ms')}`,
        n: String(rounds),
      },
    ],
    detail: {
      memory: statistics(memory),
      redis: redis === null ? { reason } : statistics(redis),
      seconds: 5.2,
    },
  };
}

async function measureMemory(rounds: number): Promise<number[]> {
  const voice = newVoice([]);
  await firstByteMs(voice, 'all');
  const times: number[] = [];
  for (let round = 0; round < rounds + WARM_UP; round += 1) {
    times.push(await firstByteMs(voice));
  }
  return times.slice(WARM_UP);
}

async function measureRedis(rounds: number): Promise<number[]> {
  const server = await startRedis();
  const store = new RedisStore({ url: server.url, clock: systemClock, maxWaitMs: PATIENCE_MS });
  try {
    while (!store.usable) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const first = newVoice([store]);
    await firstByteMs(first, 'all');
    await first.settled();
    const times: number[] = [];
    for (let round = 0; round < rounds + WARM_UP; round += 1) {
      // A process that has never heard it.
      const voice = newVoice([store]);
      times.push(await firstByteMs(voice));
      if (voice.counters.storeHits !== 1) {
        throw new Error('Redis did not have what was put into it.');
      }
    }
    return times.slice(WARM_UP);
  } finally {
    await store.close();
    await server.close();
  }
}

function newVoice(stores: RedisStore[]): CachedTextToSpeech {
  const engine = new FakeTextToSpeech({ sampleRateHz: 24_000 });
  return new CachedTextToSpeech({ engine, version: 'bench', stores });
}

async function firstByteMs(
  voice: CachedTextToSpeech,
  extent: 'first' | 'all' = 'first',
): Promise<number> {
  const startedMs = systemClock.nowMs();
  let tookMs = 0;
  for await (const _chunk of voice.synthesize(LINE, 'fake')) {
    tookMs = systemClock.nowMs() - startedMs;
    if (extent === 'first') {
      break;
    }
  }
  return tookMs;
}

function statistics(times: readonly number[]): object {
  const sorted = [...times].sort((left, right) => left - right);
  const at = (share: number): number =>
    Number(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(3));
  return { medianMs: at(0.5), p95Ms: at(0.95), maxMs: at(1), n: times.length };
}

/** The median. */
function rounded(times: readonly number[]): number {
  const sorted = [...times].sort((left, right) => left - right);
  return Number(sorted[Math.floor(sorted.length / 2)]!.toFixed(3));
}
