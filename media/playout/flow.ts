/**
 * How one segment's sound arrives and is played, in numbers only. Positions are milliseconds of the segment's own sound,
 * moments are milliseconds of the clock.
 */

/** `paced`: as fast as it is spoken, from a network or a live source. `ahead`: faster, from an engine. */
export type Pace = 'paced' | 'ahead';

/** The fastest arrival counts as a reference for this long; a clock that drifts has moved by under 1 ms then. */
const REFERENCE_MS = 2_000;
/** A source that did not run ahead for this long is paced. */
const PACED_AFTER_MS = 1_000;

export class Flow {
  /** `waiting`: for its start. `starved`: it ran out of sound and waits for more. */
  phase: 'waiting' | 'playing' | 'starved' = 'waiting';
  /** What this source's last segment was, until this one shows its own pace. */
  pace: Pace | undefined;
  #ranAhead = false;
  /** No more sound comes. */
  ended = false;
  arrivedMs = 0;
  playedMs = 0;
  /** Moment of the first arrival; NaN before it. */
  firstAtMs = Number.NaN;
  /** How long the present starvation has lasted, and whether it broke a word. */
  starvedMs = 0;
  brokeWord = false;
  counted = false;
  /** Sound was later than any delay could bridge, and what was held back with it has not all come yet. */
  catchesUp = false;
  /** How long the present pause has been held, while sound waited behind it. */
  heldMs = 0;
  /** What the last change of tempo added or left out, less what has been allowed since; 0 or less. */
  tempoMs = 0;
  /** Smoothed delay of what is heard now, behind the fastest arrival; NaN before anything was heard. */
  lagMs = Number.NaN;
  /** Time in which playing was stopped on purpose: no delay of the source's. */
  pausedMs = 0;

  /** Least `moment − position` of arrivals, in the present window and the one before it. */
  #leastMs = Number.POSITIVE_INFINITY;
  #leastBeforeMs = Number.POSITIVE_INFINITY;
  #windowFromMs = Number.NaN;
  /** What an engine's sound has to keep up with: it would be heard from here if nothing were held back. */
  #anchorMs = Number.NaN;
  /** The worst lateness behind that, ever. */
  #worstMs = 0;

  get worstMs(): number {
    return this.#worstMs;
  }

  get levelMs(): number {
    return this.arrivedMs - this.playedMs;
  }

  /** The moment at which position 0 would have come from a source that is always as fast as it lately was at best. */
  get referenceMs(): number {
    return Math.min(this.#leastMs, this.#leastBeforeMs);
  }

  /** How far behind that reference position `playedMs` is at `nowMs`. */
  lagAt(nowMs: number): number {
    return nowMs - this.referenceMs - this.playedMs - this.pausedMs;
  }

  /** How overdue the next sound is at `nowMs`, for a paced source. */
  overdueAt(nowMs: number): number {
    return nowMs - this.referenceMs - this.arrivedMs;
  }

  /**
   * Takes note of an arrival and returns how late it was: behind the fastest arrival for a paced source; behind what
   * playing without a buffer would have needed, for one ahead.
   */
  arrive(atMs: number, lengthMs: number, mostAheadMs: number): number {
    const offsetMs = atMs - this.arrivedMs;
    if (Number.isNaN(this.firstAtMs)) {
      this.firstAtMs = atMs;
      this.#anchorMs = atMs;
      this.#windowFromMs = atMs;
    } else if (offsetMs < this.referenceMs - mostAheadMs) {
      this.#ranAhead = true;
    }
    this.#ranAhead ||= lengthMs > mostAheadMs;
    if (atMs - this.#windowFromMs >= REFERENCE_MS) {
      this.#leastBeforeMs = this.#leastMs;
      this.#leastMs = Number.POSITIVE_INFINITY;
      this.#windowFromMs = atMs;
    }
    this.#leastMs = Math.min(this.#leastMs, offsetMs);
    this.arrivedMs += lengthMs;
    if (this.#ranAhead) {
      this.pace = 'ahead';
    } else if (atMs - this.firstAtMs >= PACED_AFTER_MS) {
      this.pace = 'paced';
    }
    const lateMs = offsetMs - this.#anchorMs;
    this.#worstMs = Math.max(this.#worstMs, lateMs);
    return this.pace === 'ahead' ? lateMs : offsetMs - this.referenceMs;
  }

  /** Playing goes on after an underrun: what comes now has to keep up with this moment. */
  anchor(nowMs: number): void {
    this.#anchorMs = nowMs - this.playedMs;
  }
}
