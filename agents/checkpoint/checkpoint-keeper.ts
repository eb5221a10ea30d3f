/** Keeps the newest checkpoint in signaling: one delivery at a time, the newest last, again until it is there. */
import type { Clock } from '#media/clock.ts';
import type { Checkpoint } from './checkpoint.ts';
import { StaleOwnerError } from './session-client.ts';

const RETRY_MS = 500;

export interface CheckpointKeeperOptions {
  keep: (checkpoint: Checkpoint) => Promise<void>;
  clock: Clock;
  /** Another job has the session. */
  onStale: () => void;
  /** A delivery failed and is tried again. */
  onTrouble: (error: unknown) => void;
}

export class CheckpointKeeper {
  readonly #options: CheckpointKeeperOptions;
  #next: (() => Checkpoint) | undefined;
  #last: (() => Checkpoint) | undefined;
  #delivering: Promise<void> | undefined;
  #closed = false;
  #cancelRetry: () => void = () => undefined;

  constructor(options: CheckpointKeeperOptions) {
    this.#options = options;
  }

  /** Something has changed. `make` is asked when it is about to be sent, so that changes meanwhile go along. */
  changed(make: () => Checkpoint): void {
    if (!this.#closed) {
      this.#last = make;
      this.#next = make;
      this.#delivering ??= this.#deliver();
    }
  }

  /** Nothing has changed, but what was kept may be lost: signaling or its store was restarted. */
  again(): void {
    if (this.#last !== undefined) {
      this.changed(this.#last);
    }
  }

  /** Resolves when all that has changed is kept. */
  async kept(): Promise<void> {
    await this.#delivering;
  }

  /** Sends no more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next = undefined;
    this.#cancelRetry();
    await this.#delivering;
  }

  async #deliver(): Promise<void> {
    // What changes within the same turn of the event loop is one checkpoint.
    await Promise.resolve();
    for (;;) {
      const make = this.#next;
      if (make === undefined) {
        this.#delivering = undefined;
        return;
      }
      this.#next = undefined;
      try {
        await this.#options.keep(make());
      } catch (error) {
        if (error instanceof StaleOwnerError) {
          this.#closed = true;
          this.#next = undefined;
          this.#options.onStale();
        } else if (!this.#closed) {
          this.#options.onTrouble(error);
          this.#next ??= make;
          await this.#pause();
        }
      }
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(RETRY_MS, resolve);
      this.#cancelRetry = () => {
        cancel();
        resolve();
      };
    });
  }
}
