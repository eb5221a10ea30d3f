/** Token buckets of one process. The library's own limiter in memory counts windows, so that it lets two bursts through at a window's edge. */
import { fillSeconds, type BucketSize, type Buckets, type Taken } from './buckets.ts';

/** Names at most: beyond that the one that was used longest ago begins anew, full. */
const MOST_NAMES = 50_000;

export class MemoryBuckets implements Buckets {
  readonly #nowMs: () => number;
  /** When each will be full again, by name, the longest unused first. */
  readonly #fullAtMs = new Map<string, number>();

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  take(name: string, size: BucketSize): Promise<Taken> {
    const nowMs = this.#nowMs();
    const fillMs = fillSeconds(size) * 1_000;
    const tokenMs = fillMs / size.burst;
    const missingMs = Math.max(this.#fullAtMs.get(name) ?? 0, nowMs) - nowMs + tokenMs;
    // A hundredth of a token for what floating point loses.
    const admitted = missingMs <= fillMs + tokenMs / 100;
    if (!admitted) {
      return Promise.resolve({ admitted, left: 0, waitMs: Math.ceil(missingMs - fillMs) });
    }
    this.#fullAtMs.delete(name);
    this.#fullAtMs.set(name, nowMs + missingMs);
    this.#forget(nowMs);
    const left = Math.max(0, Math.floor((fillMs - missingMs) / tokenMs + 0.01));
    return Promise.resolve({ admitted, left, waitMs: Math.ceil(missingMs) });
  }

  close(): Promise<void> {
    this.#fullAtMs.clear();
    return Promise.resolve();
  }

  /** Full ones at the front, and whatever is too many. */
  #forget(nowMs: number): void {
    for (const [name, fullAtMs] of this.#fullAtMs) {
      if (fullAtMs > nowMs && this.#fullAtMs.size <= MOST_NAMES) {
        return;
      }
      this.#fullAtMs.delete(name);
    }
  }
}
