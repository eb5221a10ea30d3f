import type { Clock } from '#media/clock.ts';

interface Timer {
  dueMs: number;
  order: number;
  task: () => void;
}

/**
 * A clock that stands still until a test moves it. Timers run inside `advance`, in the order of their due times
 * and, at the same time, in the order in which they were set; each sees `nowMs()` equal to its own due time.
 */
export class FakeClock implements Clock {
  #nowMs: number;
  #order = 0;
  #timers: Timer[] = [];

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, task: () => void): () => void {
    const timer: Timer = {
      dueMs: this.#nowMs + Math.max(0, delayMs),
      order: this.#order++,
      task,
    };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers still wait: a test of clean-up expects 0. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Moves time forward by `ms` and runs every timer that falls due, including those that timers set meanwhile. */
  advance(ms: number): void {
    if (!(ms >= 0)) {
      throw new RangeError(`A clock moves forward only; ${String(ms)} ms was asked.`);
    }
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const next = this.#nextDue(untilMs);
      if (next === undefined) {
        break;
      }
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.task();
    }
    this.#nowMs = untilMs;
  }

  /**
   * Moves time forward like `advance`, `stepMs` at a time, and lets pending promises settle after each step, so that code
   * which awaits between two timers keeps up.
   */
  async advanceAsync(ms: number, stepMs = ms): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    while (this.#nowMs < untilMs) {
      this.advance(Math.min(stepMs > 0 ? stepMs : ms, untilMs - this.#nowMs));
      await settle();
    }
  }

  #nextDue(untilMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) {
        continue;
      }
      const sooner =
        next === undefined ||
        timer.dueMs < next.dueMs ||
        (timer.dueMs === next.dueMs && timer.order < next.order);
      if (sooner) {
        next = timer;
      }
    }
    return next;
  }
}

/** Resolves once the promise jobs that wait now, and those they start, have run. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
