/** Buckets that go on in this process while the store that shares them is away: a limit never keeps anybody out by failing. */
import type { Buckets, BucketSize, Taken } from './buckets.ts';

export interface SharedBucketsOptions {
  shared: Buckets;
  own: Buckets;
  /** Called once when the store is lost, and once when it is back. */
  onChange: (state: 'away' | 'back', error?: unknown) => void;
}

export class SharedBuckets implements Buckets {
  readonly #options: SharedBucketsOptions;
  #isAway = false;

  constructor(options: SharedBucketsOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async take(name: string, size: BucketSize): Promise<Taken> {
    const { shared, own, onChange } = this.#options;
    try {
      const taken = await shared.take(name, size);
      if (this.#isAway) {
        this.#isAway = false;
        onChange('back');
      }
      return taken;
    } catch (error) {
      if (!this.#isAway) {
        this.#isAway = true;
        onChange('away', error);
      }
      return own.take(name, size);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#options.shared.close(), this.#options.own.close()]);
  }
}
