/** The registry's connection to Redis: comes back by itself, and answers or fails within a second. */
import { createClient } from 'redis';
import type { Clock } from '#media/clock.ts';
import type { RegistryRedis } from './redis-registry.ts';

export interface RedisConnectionOptions {
  /** `redis://host:port`. */
  url: string;
  clock: Clock;
}

const MAX_WAIT_MS = 1_000;
const LONGEST_RECONNECT_MS = 2_000;

export class RedisConnection implements RegistryRedis {
  readonly #client: ReturnType<typeof connect>;
  readonly #clock: Clock;
  #closed = false;

  constructor({ url, clock }: RedisConnectionOptions) {
    this.#clock = clock;
    this.#client = connect(url);
    // Each command tells its caller; without a listener a lost connection would end the process.
    this.#client.on('error', () => undefined);
    this.#client.connect().catch(() => undefined);
  }

  /** Rejects where Redis is away or late. */
  sendCommand(words: readonly string[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancelTimer = this.#clock.after(MAX_WAIT_MS, () => {
        reject(new Error(`Redis did not answer within ${String(MAX_WAIT_MS)} ms.`));
      });
      this.#client
        .sendCommand([...words])
        .then(resolve, reject)
        .finally(cancelTimer);
    });
  }

  close(): void {
    if (!this.#closed) {
      this.#closed = true;
      this.#client.destroy();
    }
  }
}

function connect(url: string) {
  return createClient({
    url,
    socket: {
      connectTimeout: MAX_WAIT_MS,
      reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, LONGEST_RECONNECT_MS),
    },
  });
}
