/**
 * When the frames of a steady source were due. The source has a clock of its own that makes a frame every so many
 * milliseconds; they come in late or in bursts, never early. The soonest of the last seconds tells where its clock
 * stands, and over minutes how much faster or slower than ours it runs.
 */

/** The soonest arrival is sought over the last two of these stretches: 1 to 2 s. */
const STRETCH_FRAMES = 100;
/** Drift is measured from the soonest arrival in each of these stretches: 10 s. */
const DRIFT_STRETCH_FRAMES = 1_000;
/** Over ten minutes; less than one says nothing, as an arrival is soonest within a few milliseconds only. */
const DRIFT_STRETCHES = 60;
const LEAST_DRIFT_STRETCHES = 6;
/** A source that was away for longer begins anew: a gap is no drift. */
const GAP_MS = 2_000;

export class ArrivalClock {
  readonly #frameMs: number;
  #frames = 0;
  #previousMs = Infinity;
  #currentMs = Infinity;
  #driftSoonestMs = Infinity;
  #soonestMs: number[] = [];
  #lastMs: number | undefined;

  constructor(frameMs: number) {
    this.#frameMs = frameMs;
  }

  /**
   * How much faster than our clock the source runs, in millionths; negative when it is slower, undefined in the first
   * minute. A receiver that plays a stream out by its own clock hides the sender's: then this is near zero.
   */
  get driftPpm(): number | undefined {
    const points = this.#soonestMs;
    if (points.length < LEAST_DRIFT_STRETCHES) {
      return undefined;
    }
    const middle = (points.length - 1) / 2;
    const mean = points.reduce((sum, ms) => sum + ms, 0) / points.length;
    let product = 0;
    let square = 0;
    points.forEach((ms, index) => {
      product += (index - middle) * (ms - mean);
      square += (index - middle) ** 2;
    });
    // Arrivals that come ever sooner than counted are those of a fast clock.
    return (-product / square / (DRIFT_STRETCH_FRAMES * this.#frameMs)) * 1e6;
  }

  /** Counts a frame that came in at `nowMs`; gives when it was due, in the same milliseconds. */
  dueMs(nowMs: number): number {
    if (this.#lastMs !== undefined && nowMs - this.#lastMs > GAP_MS) {
      this.#restart();
    }
    this.#lastMs = nowMs;
    const countedMs = this.#frames * this.#frameMs;
    const startMs = nowMs - countedMs;
    this.#currentMs = Math.min(this.#currentMs, startMs);
    this.#driftSoonestMs = Math.min(this.#driftSoonestMs, startMs);
    const dueMs = Math.min(this.#previousMs, this.#currentMs) + countedMs;
    this.#frames += 1;
    if (this.#frames % STRETCH_FRAMES === 0) {
      this.#previousMs = this.#currentMs;
      this.#currentMs = Infinity;
    }
    if (this.#frames % DRIFT_STRETCH_FRAMES === 0) {
      this.#soonestMs.push(this.#driftSoonestMs);
      this.#driftSoonestMs = Infinity;
      if (this.#soonestMs.length > DRIFT_STRETCHES) {
        this.#soonestMs.shift();
      }
    }
    return dueMs;
  }

  #restart(): void {
    this.#frames = 0;
    this.#previousMs = Infinity;
    this.#currentMs = Infinity;
    this.#driftSoonestMs = Infinity;
    this.#soonestMs = [];
  }
}
