/** Chooses what speaks in this process: the voices of a runtime, cached, with the embedded one behind them. */
import { join } from 'node:path';
import type { Environment } from '#config/environment.ts';
import { systemClock } from '#media/clock.ts';
import type { TextToSpeech } from '#media/ports.ts';
import { CachedTextToSpeech } from '#media/speech-cache/cached-text-to-speech.ts';
import { DiskStore, type SpeechStore } from '#media/speech-cache/disk-store.ts';
import { RedisStore } from '#media/speech-cache/redis-store.ts';
import { FailoverTextToSpeech } from '#media/speech/failover/failover-text-to-speech.ts';
import type { Runtimes } from './runtimes.ts';
import { ServedTextToSpeech } from './served-voice/text-to-speech.ts';

/** In the order of preference. */
const SERVED = ['piper', 'kokoro'] as const;
/** Changes with the adapter; entries of other versions are never found again. */
const CACHE_VERSION = '1';
/** About nine hours of speech. */
const DISK_BYTES = 1_500_000_000;

export interface SpeechOptions {
  environment: Environment;
  runtimes: Pick<Runtimes, 'infer' | 'modelReady'> | undefined;
  /** What speaks where nothing else does. */
  embedded: TextToSpeech;
  /** Who asks, for the runtime's fair shares. */
  session: string;
  /** Told when an engine is given up or a store fails. Never with the text. */
  onTrouble: (what: string, error: unknown) => void;
}

/** The embedded voice itself where no runtime serves another one. Never rejects. */
export async function chooseSpeech(options: SpeechOptions): Promise<TextToSpeech> {
  const { environment, runtimes: service, embedded, session, onTrouble } = options;
  if (environment.UNDERSTUDY_SPEECH === 'embedded' || service === undefined) {
    return embedded;
  }
  const served = await Promise.all(
    SERVED.map(async (modelName) => {
      try {
        return (await service.modelReady(modelName))
          ? await ServedTextToSpeech.open({ service, modelName, session })
          : undefined;
      } catch (error) {
        onTrouble(`${modelName} is left out`, error);
        return undefined;
      }
    }),
  );
  const here = served.filter((engine) => engine !== undefined);
  if (here.length === 0) {
    return embedded;
  }
  const stores = storesOf(environment, onTrouble);
  const cached = here.map(
    (engine) =>
      new CachedTextToSpeech({
        engine,
        version: CACHE_VERSION,
        stores,
        onStoreFailed: (error) => {
          onTrouble('a store of the speech cache failed', error);
        },
      }),
  );
  return new FailoverTextToSpeech({
    engines: [...cached, embedded],
    clock: systemClock,
    onGivenUp: ({ engine, why, error }) => {
      onTrouble(`${engine} ${why}`, error);
    },
  });
}

function storesOf(environment: Environment, onTrouble: SpeechOptions['onTrouble']): SpeechStore[] {
  const { REDIS_URL, UNDERSTUDY_DATA } = environment;
  const disk = new DiskStore({
    folder: join(UNDERSTUDY_DATA, 'speech-cache'),
    maxBytes: DISK_BYTES,
  });
  // Speech is shared through one server only; Sentinels and Clusters (signaling/affinity) keep sessions.
  if (REDIS_URL === undefined || !/^rediss?:[^,]+$/u.test(REDIS_URL)) {
    return [disk];
  }
  const redis = new RedisStore({
    url: REDIS_URL,
    clock: systemClock,
    onTrouble: (error) => {
      onTrouble('Redis is late or away', error);
    },
  });
  return [redis, disk];
}
