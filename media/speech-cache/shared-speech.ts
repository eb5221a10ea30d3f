/** One synthesis with several listeners: each hears it from its start, and it stops when nobody listens any more. */
import type { SpeechChunk } from '#media/ports.ts';

export class SharedSpeech {
  /** Settles when the synthesis has ended; rejects as it failed. */
  readonly ended: Promise<void>;
  readonly #chunks: SpeechChunk[] = [];
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #done = false;
  #failure: { error: unknown } | undefined;
  #listeners = 0;

  constructor(make: (signal: AbortSignal) => AsyncIterable<SpeechChunk>) {
    this.ended = this.#run(make(this.#stop.signal));
    // Listeners meet the failure; without one it is nobody's.
    this.ended.catch(() => undefined);
  }

  /** Everybody has left before its end: whoever comes now needs a new one. */
  get abandoned(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Ends quietly when `signal` aborts. */
  async *listen(signal: AbortSignal | undefined): AsyncGenerator<SpeechChunk> {
    this.#listeners += 1;
    const wake = (): void => {
      this.#wakeAll();
    };
    signal?.addEventListener('abort', wake, { once: true });
    try {
      let next = 0;
      while (signal?.aborted !== true) {
        const chunk = this.#chunks[next];
        if (chunk !== undefined) {
          next += 1;
          yield structuredClone(chunk);
        } else if (this.#failure !== undefined) {
          throw this.#failure.error;
        } else if (this.#done) {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#waiting.add(resolve);
          });
        }
      }
    } finally {
      signal?.removeEventListener('abort', wake);
      this.#listeners -= 1;
      if (this.#listeners === 0 && !this.#done) {
        this.#stop.abort();
      }
    }
  }

  async #run(chunks: AsyncIterable<SpeechChunk>): Promise<void> {
    try {
      for await (const chunk of chunks) {
        this.#chunks.push(chunk);
        this.#wakeAll();
      }
    } catch (error) {
      this.#failure = { error };
      throw error;
    } finally {
      this.#done = true;
      this.#wakeAll();
    }
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) {
      wake();
    }
    this.#waiting.clear();
  }
}
