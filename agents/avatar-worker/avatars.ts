/** The avatars of one process: as many as it has capacity for, each in a room of its own. */
import { randomBytes } from 'node:crypto';
import type { AvatarRequest, AvatarSummary } from '#agents/dispatch/avatar-service.ts';
import { WorkerProblem } from './problems.ts';

/** What the collection needs of one avatar. */
export interface Performing {
  readonly summary: AvatarSummary;
  close(): Promise<void>;
}

export interface AvatarsOptions<P extends Performing> {
  capacity: number;
  /** Joins the room and performs. `onOver` says that it has nothing left to do. */
  enter: (request: AvatarRequest, id: string, onOver: (reason: string) => void) => Promise<P>;
  /** For the log: one came or went. */
  onChange: (what: 'entered' | 'left', id: string, reason: string) => void;
}

/** A place is free again within about this time, when calls end as they do. */
const RETRY_AFTER_S = 5;

export class Avatars<P extends Performing> {
  readonly capacity: number;
  readonly #options: AvatarsOptions<P>;
  readonly #performing = new Map<string, P>();
  /** Ids that are on their way into a room; true when they were called back meanwhile. */
  readonly #entering = new Map<string, boolean>();
  readonly #leaving = new Map<string, Promise<void>>();
  #draining = false;
  #onEmpty: () => void = () => undefined;

  constructor(options: AvatarsOptions<P>) {
    this.#options = options;
    this.capacity = options.capacity;
  }

  /** Places in use. */
  get active(): number {
    return this.#performing.size + this.#entering.size + this.#leaving.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  list(): P[] {
    return [...this.#performing.values()];
  }

  /** Throws WorkerProblem DRAINING, AVATARS_FULL or what `enter` throws. */
  async enter(request: AvatarRequest): Promise<AvatarSummary> {
    if (this.#draining) {
      throw new WorkerProblem('DRAINING', 'Ask another worker.', { retryAfterS: RETRY_AFTER_S });
    }
    if (this.active >= this.capacity) {
      throw new WorkerProblem('AVATARS_FULL', `All ${String(this.capacity)} perform.`, {
        retryAfterS: RETRY_AFTER_S,
      });
    }
    const id = randomBytes(10).toString('hex');
    this.#entering.set(id, false);
    try {
      const performing = await this.#options.enter(request, id, (reason) => {
        if (this.#entering.has(id)) {
          this.#entering.set(id, true);
        }
        void this.#remove(id, reason);
      });
      this.#performing.set(id, performing);
      this.#options.onChange('entered', id, '');
      if (this.#entering.get(id) === true) {
        void this.#remove(id, 'it ended while it entered');
      }
      return performing.summary;
    } finally {
      this.#entering.delete(id);
      this.#tellIfEmpty();
    }
  }

  /** Throws WorkerProblem PERFORMANCE_UNKNOWN. */
  async remove(id: string): Promise<void> {
    if (!this.#performing.has(id)) {
      throw new WorkerProblem('PERFORMANCE_UNKNOWN', 'It may have left by itself.');
    }
    await this.#remove(id, 'it was asked to');
  }

  /** Takes no new ones; resolves when the last one has left. */
  drain(): Promise<void> {
    this.#draining = true;
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      this.#tellIfEmpty();
    });
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    this.#draining = true;
    await Promise.all(
      [...this.#performing.keys()].map((id) => this.#remove(id, 'the worker ends')),
    );
    await Promise.all(this.#leaving.values());
  }

  async #remove(id: string, reason: string): Promise<void> {
    const performing = this.#performing.get(id);
    if (performing === undefined) {
      return;
    }
    this.#performing.delete(id);
    const left = performing.close().catch(() => undefined);
    this.#leaving.set(id, left);
    await left;
    this.#leaving.delete(id);
    this.#options.onChange('left', id, reason);
    this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    if (this.#draining && this.active === 0) {
      this.#onEmpty();
    }
  }
}
