/**
 * Speech in Redis, shared by every process that speaks. It never holds speech up: what Redis does not answer at once is
 * taken for absent, and a Redis that is away or slow is left alone for a while.
 */
import type { Clock } from '#media/clock.ts';
import type { SpeechChunk } from '#media/ports.ts';
import { createClient, RESP_TYPES } from 'redis';
import type { SpeechStore } from './disk-store.ts';
import { decodeSpeech, encodeSpeech } from './speech-record.ts';

export interface RedisStoreOptions {
  /** `redis://host:port`. */
  url: string;
  clock: Clock;
  /** Longest wait for an entry. */
  maxWaitMs?: number;
  /** How long Redis is not asked after it was late or failed. */
  restMs?: number;
  /** An entry that is not used for so long is forgotten. */
  keepSeconds?: number;
  /** Told when Redis was late or failed, at most once a rest. */
  onTrouble?: (error: Error) => void;
}

/** A record of ten seconds takes 2 ms on one machine and 5 ms in one data centre. */
const MAX_WAIT_MS = 25;
const REST_MS = 2_000;
/** Thirty days. */
const KEEP_SECONDS = 30 * 86_400;
/** Writing is behind the speech and may take longer. */
const MAX_WRITE_MS = 1_000;
/** Three minutes of speech; longer entries are not worth their way. */
const MAX_RECORD_BYTES = 8 * 2 ** 20;
const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_RECONNECT_MS = 5_000;
const MAX_WAITING_COMMANDS = 256;
const PREFIX = 'understudy:speech:';

export class RedisStore implements SpeechStore {
  readonly name = 'redis';
  readonly #options: RedisStoreOptions;
  readonly #client: ReturnType<typeof connect>;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** Connects by itself, now and whenever the connection was lost. */
  constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#client = connect(options.url);
    // Without a listener a lost connection would end the process.
    this.#client.on('error', (error: Error) => {
      this.#rest(error);
    });
    this.#client.connect().catch((error: unknown) => {
      this.#rest(error);
    });
  }

  /** Whether Redis would be asked now. */
  get usable(): boolean {
    return (
      !this.#closed && this.#client.isReady && this.#options.clock.nowMs() >= this.#restsUntilMs
    );
  }

  async get(key: string): Promise<readonly SpeechChunk[] | undefined> {
    if (!this.usable) {
      return undefined;
    }
    const { keepSeconds = KEEP_SECONDS, maxWaitMs = MAX_WAIT_MS } = this.#options;
    const record = await this.#within(
      maxWaitMs,
      this.#client.getEx(`${PREFIX}${key}`, { type: 'EX', value: keepSeconds }),
    );
    return record === null || record === undefined ? undefined : decodeSpeech(record);
  }

  /** Resolves when the entry is there, or will not be. */
  async set(key: string, chunks: readonly SpeechChunk[]): Promise<void> {
    const { keepSeconds = KEEP_SECONDS } = this.#options;
    const record = Buffer.from(encodeSpeech(chunks));
    if (this.usable && record.byteLength <= MAX_RECORD_BYTES) {
      await this.#within(
        MAX_WRITE_MS,
        this.#client.set(`${PREFIX}${key}`, record, {
          expiration: { type: 'EX', value: keepSeconds },
        }),
      );
    }
  }

  /** What is under way is given up. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#client.destroy();
    }
    return Promise.resolve();
  }

  /** Undefined where Redis failed or is late; it then rests. */
  #within<Value>(maxWaitMs: number, answer: Promise<Value>): Promise<Value | undefined> {
    return new Promise((resolve) => {
      const cancelTimer = this.#options.clock.after(maxWaitMs, () => {
        this.#rest(new Error(`Redis did not answer within ${String(maxWaitMs)} ms.`));
        resolve(undefined);
      });
      answer.then(
        (value) => {
          cancelTimer();
          resolve(value);
        },
        (error: unknown) => {
          cancelTimer();
          this.#rest(error);
          resolve(undefined);
        },
      );
    });
  }

  #rest(error: unknown): void {
    const nowMs = this.#options.clock.nowMs();
    if (this.#closed || nowMs < this.#restsUntilMs) {
      return;
    }
    this.#restsUntilMs = nowMs + (this.#options.restMs ?? REST_MS);
    this.#options.onTrouble?.(error instanceof Error ? error : new Error(String(error)));
  }
}

function connect(url: string) {
  return createClient({
    url,
    // What cannot be sent now is not sent later: by then somebody has spoken without it.
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING_COMMANDS,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, LONGEST_RECONNECT_MS),
    },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}
