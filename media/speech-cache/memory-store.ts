/** Speech in memory: the least recently used goes first when the bytes no longer fit. */
import type { SpeechChunk } from '#media/ports.ts';
import { speechBytes } from './speech-record.ts';

export class MemoryStore {
  readonly #maxBytes: number;
  /** In order of use, oldest first. */
  readonly #entries = new Map<string, { chunks: readonly SpeechChunk[]; bytes: number }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): readonly SpeechChunk[] | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, entry);
    }
    return entry?.chunks;
  }

  set(key: string, chunks: readonly SpeechChunk[]): void {
    const bytes = speechBytes(chunks);
    this.delete(key);
    if (bytes > this.#maxBytes) {
      return;
    }
    this.#entries.set(key, { chunks, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) {
        break;
      }
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
