/** How late this process's event loop is: what delays sound, pictures and everything else of a job alike. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The monitor's own timer; a loop that is never late shows this much. */
const RESOLUTION_MS = 10;

export class LoopLag {
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delays.enable();
  }

  /** The 95th percentile since it was asked before, in ms: one collection of garbage is no state. */
  read(): number {
    const lateNs = this.#delays.count === 0 ? 0 : this.#delays.percentile(95);
    this.#delays.reset();
    return Math.max(0, lateNs / 1_000_000 - RESOLUTION_MS);
  }

  close(): void {
    this.#delays.disable();
  }
}
