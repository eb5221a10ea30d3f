/**
 * A voice that remembers what it has said: memory first, then slower stores, then the engine. Callers who ask for the
 * same speech at the same time share one synthesis; each may leave without disturbing the others.
 */
import type { CallOptions, SpeechChunk, TextToSpeech, VoiceDescription } from '#media/ports.ts';
import { cacheKey } from './cache-key.ts';
import type { SpeechStore } from './disk-store.ts';
import { MemoryStore } from './memory-store.ts';
import { SharedSpeech } from './shared-speech.ts';

export interface CachedTextToSpeechOptions {
  engine: TextToSpeech;
  /** Changes with whatever changes the sound; entries of other versions are never found again. */
  version: string;
  memoryBytes?: number;
  /** Asked in order; what a later one has is kept in memory and in those before it. They stay the caller's. */
  stores?: readonly SpeechStore[];
  /** A store that fails costs a synthesis, not the speech. */
  onStoreFailed?: (error: unknown) => void;
}

export interface CacheCounters {
  memoryHits: number;
  storeHits: number;
  /** Joined a synthesis in flight. */
  shared: number;
  misses: number;
  /** Lines made ahead that were not there yet; nobody waited, so they are no misses. */
  prepared: number;
}

/** What metrics show. */
export interface CacheFigures extends CacheCounters {
  /** Share of requests that needed no synthesis of their own; null before the first. */
  hitRatio: number | null;
  hitsByStore: Readonly<Record<string, number>>;
  memoryBytes: number;
  memoryEntries: number;
}

/** 32 MiB: a quarter of an hour of speech at 16 kHz. */
const MEMORY_BYTES = 32 * 2 ** 20;

export class CachedTextToSpeech implements TextToSpeech {
  readonly counters: CacheCounters = {
    memoryHits: 0,
    storeHits: 0,
    shared: 0,
    misses: 0,
    prepared: 0,
  };
  readonly #hitsByStore: Record<string, number> = {};
  readonly #engine: TextToSpeech;
  readonly #options: CachedTextToSpeechOptions;
  readonly #memory: MemoryStore;
  readonly #inFlight = new Map<string, SharedSpeech>();
  readonly #writing = new Set<Promise<unknown>>();

  constructor(options: CachedTextToSpeechOptions) {
    this.#options = options;
    this.#engine = options.engine;
    this.#memory = new MemoryStore(options.memoryBytes ?? MEMORY_BYTES);
  }

  get name(): string {
    return this.#engine.name;
  }

  get sampleRateHz(): number {
    return this.#engine.sampleRateHz;
  }

  get voices(): readonly VoiceDescription[] {
    return this.#engine.voices;
  }

  /** Share of requests that needed no synthesis of their own; undefined before the first. */
  get hitRatio(): number | undefined {
    const { memoryHits, storeHits, shared, misses } = this.counters;
    const hits = memoryHits + storeHits + shared;
    return hits + misses === 0 ? undefined : hits / (hits + misses);
  }

  get figures(): CacheFigures {
    return {
      ...this.counters,
      hitRatio: this.hitRatio ?? null,
      hitsByStore: { ...this.#hitsByStore },
      memoryBytes: this.#memory.bytes,
      memoryEntries: this.#memory.size,
    };
  }

  async *synthesize(
    text: string,
    voiceId: string,
    options: CallOptions = {},
  ): AsyncGenerator<SpeechChunk> {
    const { version } = this.#options;
    const preparation = options.preparation === true;
    const key = cacheKey({ engine: this.#engine.name, version, voiceId, text });
    const known = this.#memory.get(key);
    if (known !== undefined) {
      this.counters.memoryHits += preparation ? 0 : 1;
      // A caller who aborts at once hears nothing, as with any engine.
      await Promise.resolve();
      yield* replay(known, options.signal);
      return;
    }
    // Who waits does not join what may wait; the other way round is fine.
    const live = this.#inFlight.get(key);
    const ahead = this.#inFlight.get(aheadKey(key));
    const shared = [live, ...(preparation ? [ahead] : [])].find(
      (speech) => speech?.abandoned === false,
    );
    if (shared !== undefined) {
      this.counters.shared += preparation ? 0 : 1;
      yield* shared.listen(options.signal);
      return;
    }
    const made = new SharedSpeech((signal) =>
      this.#make(key, text, voiceId, { signal, preparation }),
    );
    this.#remember(preparation ? aheadKey(key) : key, made);
    yield* made.listen(options.signal);
  }

  /** Resolves when everything made so far is in the stores. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#engine.close();
  }

  #remember(key: string, speech: SharedSpeech): void {
    this.#inFlight.set(key, speech);
    const forget = (): void => {
      if (this.#inFlight.get(key) === speech) {
        this.#inFlight.delete(key);
      }
    };
    speech.ended.then(forget, forget);
  }

  /** The chunks from a store or the engine; what was made whole is kept. */
  async *#make(
    key: string,
    text: string,
    voiceId: string,
    options: { signal: AbortSignal; preparation: boolean },
  ): AsyncGenerator<SpeechChunk> {
    const { signal, preparation } = options;
    const stores = this.#options.stores ?? [];
    for (const [at, store] of stores.entries()) {
      const chunks = await store.get(key).catch((error: unknown) => this.#storeFailed(error));
      if (chunks !== undefined) {
        const name = store.name ?? `store ${String(at + 1)}`;
        this.counters.storeHits += preparation ? 0 : 1;
        this.#hitsByStore[name] = (this.#hitsByStore[name] ?? 0) + (preparation ? 0 : 1);
        this.#memory.set(key, chunks);
        this.#keep(stores.slice(0, at), key, chunks);
        yield* chunks;
        return;
      }
    }
    this.counters[preparation ? 'prepared' : 'misses'] += 1;
    const made: SpeechChunk[] = [];
    for await (const chunk of this.#engine.synthesize(text, voiceId, options)) {
      made.push(chunk);
      yield chunk;
    }
    if (!signal.aborted) {
      this.#memory.set(key, made);
      this.#keep(stores, key, made);
    }
  }

  #keep(stores: readonly SpeechStore[], key: string, chunks: readonly SpeechChunk[]): void {
    for (const store of stores) {
      const writing = store.set(key, chunks).catch((error: unknown) => this.#storeFailed(error));
      this.#writing.add(writing);
      void writing.then(() => this.#writing.delete(writing));
    }
  }

  #storeFailed(error: unknown): undefined {
    this.#options.onStoreFailed?.(error);
  }
}

function aheadKey(key: string): string {
  return `${key} ahead`;
}

/** Ownership of chunks passes to the receiver, so each gets its own. */
export function* replay(
  chunks: readonly SpeechChunk[],
  signal: AbortSignal | undefined,
): Generator<SpeechChunk> {
  for (const chunk of chunks) {
    if (signal?.aborted === true) {
      return;
    }
    yield structuredClone(chunk);
  }
}
