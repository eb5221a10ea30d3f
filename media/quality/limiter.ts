/** One reason's hold on quality: falls at once, climbs after patience, and is more patient after each climb that failed. */
import { LAST_RUNG } from './ladder.ts';

/** What the evidence of one second asks for. `unclear` neither falls nor counts as good. */
export type Demand =
  | { kind: 'worse'; atLeast?: number }
  /** `patience` multiplies how long good times must last. */
  | { kind: 'fine'; patience?: number }
  | { kind: 'unclear' };

export interface LimiterOptions {
  /** How long a fall takes to show its effect; falling again before that would overshoot. */
  settleMs: number;
}

/** Good times this long before a climb. */
export const HOLD_MS = 8_000;
/** A line that cannot carry more is tried about once a minute, which costs a second or two each time. */
const LONGEST_HOLD_MS = 64_000;
/** A fall this soon after a climb means that the climb was wrong. */
const PROBE_MS = 12_000;
/** A climb that held this long makes earlier failures old. */
const FORGIVE_MS = 30_000;

export class Limiter {
  readonly #settleMs: number;
  #rung = 0;
  #holdMs = HOLD_MS;
  #fineSinceMs: number | undefined;
  #fellAtMs = -Infinity;
  #climbedAtMs = -Infinity;

  constructor({ settleMs }: LimiterOptions) {
    this.#settleMs = settleMs;
  }

  get rung(): number {
    return this.#rung;
  }

  /** For tests and logs: how long good times must last now. */
  get holdMs(): number {
    return this.#holdMs;
  }

  /** Starts where others of this machine stand. */
  startAt(rung: number): void {
    this.#rung = Math.min(LAST_RUNG, rung);
  }

  /** `mayFall` and `mayClimb` are false where that would part this session from its neighbours. */
  follow(demand: Demand, nowMs: number, { mayFall = true, mayClimb = true } = {}): void {
    switch (demand.kind) {
      case 'worse':
        this.#fineSinceMs = undefined;
        if (mayFall) {
          this.#fall(demand.atLeast ?? 0, nowMs);
        }
        return;
      case 'unclear':
        this.#fineSinceMs = undefined;
        return;
      case 'fine':
        this.#fineSinceMs ??= nowMs;
        if (this.#climbedAtMs > this.#fellAtMs && nowMs - this.#climbedAtMs >= FORGIVE_MS) {
          this.#holdMs = HOLD_MS;
        }
        if (
          mayClimb &&
          this.#rung > 0 &&
          nowMs - this.#fineSinceMs >= this.#holdMs * (demand.patience ?? 1)
        ) {
          this.#rung -= 1;
          this.#climbedAtMs = nowMs;
          this.#fineSinceMs = nowMs;
        }
    }
  }

  #fall(atLeast: number, nowMs: number): void {
    if (this.#rung === LAST_RUNG || nowMs - this.#fellAtMs < this.#settleMs) {
      return;
    }
    // What held before a climb that failed still holds, whatever the line looks like in the middle of it.
    const failed = nowMs - this.#climbedAtMs < PROBE_MS && this.#climbedAtMs > this.#fellAtMs;
    if (failed) {
      this.#holdMs = Math.min(LONGEST_HOLD_MS, this.#holdMs * 2);
    }
    this.#rung = Math.min(LAST_RUNG, Math.max(this.#rung + 1, failed ? 0 : atLeast));
    this.#fellAtMs = nowMs;
  }
}
