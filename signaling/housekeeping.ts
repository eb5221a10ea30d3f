/** What is looked after while signaling runs: sessions whose room is gone, answers that nobody will ask for again. */

export interface Chore {
  name: string;
  everyMs: number;
  act: () => Promise<unknown>;
}

export class Housekeeping {
  readonly #chores: readonly Chore[];
  readonly #onTrouble: (name: string, error: unknown) => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #closed = false;

  constructor(chores: readonly Chore[], onTrouble: (name: string, error: unknown) => void) {
    this.#chores = chores;
    this.#onTrouble = onTrouble;
  }

  /** Does each chore at once and then again and again; one that fails is done again at its time. */
  start(): void {
    for (const chore of this.#chores) {
      this.#do(chore);
    }
  }

  /** Starts nothing more, and waits for what runs. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) {
      clearTimeout(timer);
    }
    await Promise.all(this.#running);
  }

  #do(chore: Chore): void {
    const running = this.#once(chore).then(() => {
      this.#running.delete(running);
      if (!this.#closed) {
        this.#timers.set(
          chore.name,
          setTimeout(() => {
            this.#do(chore);
          }, chore.everyMs),
        );
      }
    });
    this.#running.add(running);
  }

  async #once({ name, act }: Chore): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#onTrouble(name, error);
    }
  }
}
