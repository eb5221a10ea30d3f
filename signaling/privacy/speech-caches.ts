/**
 * The caches of synthesised speech, which agents fill: sentences that were spoken to somebody may hold their name and words.
 * Entries go by a hash of their text, so that nobody can tell whose they are; what was used since somebody's first session
 * goes as a whole, and is synthesised again when it is next needed.
 */
import type { Redis } from 'ioredis';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { connectRedis } from '../affinity/redis-connection.ts';

/** As `media/speech-cache/redis-store.ts` names its keys. */
const PREFIX = 'understudy:speech:';
const SCAN_COUNT = 500;
/** One Redis alone has speech: Clusters and Sentinels keep sessions. */
const SINGLE = /^rediss?:[^,]+$/u;

export interface SpeechCachesOptions {
  /** The folder of `media/speech-cache/disk-store.ts`. */
  folder: string;
  redisUrl: string | undefined;
  now?: () => Date;
}

export class SpeechCaches {
  readonly #options: SpeechCachesOptions;
  readonly #now: () => Date;

  constructor(options: SpeechCachesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  /** Removes what was written or read since then. Resolves with how many entries. */
  async erase(since: Date): Promise<number> {
    const { redisUrl } = this.#options;
    const onDisk = await this.#eraseFiles(since);
    return redisUrl === undefined || !SINGLE.test(redisUrl)
      ? onDisk
      : onDisk + (await this.#eraseKeys(redisUrl, since));
  }

  /** A file that is read is touched, so that its time is that of its last use. */
  async #eraseFiles(since: Date): Promise<number> {
    const { folder } = this.#options;
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    let erased = 0;
    for (const name of names) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() === true && found.mtimeMs >= since.getTime()) {
        await rm(path, { force: true });
        erased += 1;
      }
    }
    return erased;
  }

  async #eraseKeys(url: string, since: Date): Promise<number> {
    const redis = connectRedis(url) as Redis;
    const ageS = (this.#now().getTime() - since.getTime()) / 1_000;
    let erased = 0;
    try {
      let cursor = '0';
      do {
        const [next, keys] = await redis.scan(cursor, 'MATCH', `${PREFIX}*`, 'COUNT', SCAN_COUNT);
        cursor = next;
        for (const key of keys) {
          // A server that evicts by frequency does not know it: then the entry goes.
          const idleS = await redis.object('IDLETIME', key).catch(() => 0);
          if (Number(idleS) <= ageS + 1) {
            erased += await redis.unlink(key);
          }
        }
      } while (cursor !== '0');
    } finally {
      redis.disconnect();
    }
    return erased;
  }
}
