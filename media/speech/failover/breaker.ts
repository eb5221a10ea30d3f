/** Leaves an engine that fails alone for a while, then lets one caller try it again. Pure: time is a parameter. */

export interface BreakerOptions {
  /** Rest after the first failure; each failure in a row doubles it. */
  firstRestMs?: number;
  longestRestMs?: number;
}

const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 60_000;

export class Breaker {
  readonly #firstRestMs: number;
  readonly #longestRestMs: number;
  #failuresInRow = 0;
  #restsUntilMs = Number.NEGATIVE_INFINITY;
  #onTrial = false;

  constructor(options: BreakerOptions = {}) {
    this.#firstRestMs = options.firstRestMs ?? FIRST_REST_MS;
    this.#longestRestMs = options.longestRestMs ?? LONGEST_REST_MS;
  }

  state(nowMs: number): 'well' | 'resting' | 'on trial' {
    if (this.#failuresInRow === 0) {
      return 'well';
    }
    return nowMs < this.#restsUntilMs ? 'resting' : 'on trial';
  }

  /** Whether the caller may use the engine now; it then says how that went. */
  enter(nowMs: number): boolean {
    const state = this.state(nowMs);
    if (state === 'resting' || (state === 'on trial' && this.#onTrial)) {
      return false;
    }
    this.#onTrial = state === 'on trial';
    return true;
  }

  succeeded(): void {
    this.#failuresInRow = 0;
    this.#onTrial = false;
  }

  failed(nowMs: number): void {
    const restMs = this.#firstRestMs * 2 ** Math.min(this.#failuresInRow, 30);
    this.#failuresInRow += 1;
    this.#restsUntilMs = nowMs + Math.min(restMs, this.#longestRestMs);
    this.#onTrial = false;
  }

  /** The caller went away before anything was known. */
  left(): void {
    this.#onTrial = false;
  }
}
