/**
 * Lays sound that comes from elsewhere onto our timeline by when it arrives: gaps become silence, a clock that runs
 * faster or slower than ours is followed by a sample more or less a frame, and what is too much is left out.
 *
 * Sound may arrive late and never early, so the least delay of the last second tells where it belongs.
 */

/** Missing more than this is a gap (a muted or lost track) and is filled at once. Jitter is well below it. */
const GAP_MS = 120;
/** More sound than time for this long was no burst: our timeline stood still, and the surplus goes. */
const SURPLUS_MS = 30;
const SURPLUS_FOR_MS = 300;
/** Within this nothing is corrected; a quarter of what alignment allows. */
const QUIET_MS = 10;
const WINDOW_MS = 1_000;
/** A track that falls silent is filled up to this behind the present, so that its file keeps up. */
const IDLE_AFTER_MS = 500;
const IDLE_BEHIND_MS = 250;
/** Corrections are remembered for finding when a sample was heard: at one a frame, for 40 s. */
const KEPT_ANCHORS = 4_000;

export interface Placed {
  /** Samples of silence that come first. */
  silence: number;
  samples: Int16Array;
}

interface Delay {
  ms: number;
  lengthMs: number;
}

export class TrackAligner {
  readonly #samplesPerMs: number;
  /** Samples laid down so far, silence included. */
  #placed = 0;
  /** Samples received so far. */
  #received = 0;
  #delays: Delay[] = [];
  /** Samples yet to be left out. */
  #surplus = 0;
  /** From this received sample on, `placed - received` is `offset`. */
  #anchors: { received: number; offset: number }[] = [];

  constructor(options: { sampleRateHz: number }) {
    this.#samplesPerMs = options.sampleRateHz / 1_000;
  }

  /** Places a frame whose last sample arrived at `arrivedMs` of our timeline. Keeps no reference to it. */
  push(samples: Int16Array, arrivedMs: number): Placed {
    const delayMs = this.#missingMs(arrivedMs) - samples.length / this.#samplesPerMs;
    let placed: Placed = { silence: 0, samples };
    if (delayMs > GAP_MS || (this.#received === 0 && delayMs > 0)) {
      placed.silence = Math.round(delayMs * this.#samplesPerMs);
      this.#forget();
    } else {
      this.#remember(delayMs, samples.length / this.#samplesPerMs);
      placed = this.#correct(samples);
    }
    this.#received += samples.length;
    this.#placed += placed.silence + placed.samples.length;
    this.#anchor();
    return placed;
  }

  /** How many samples of silence are due where nothing arrives. Call it now and then. */
  idle(nowMs: number): number {
    const missingMs = this.#missingMs(nowMs);
    if (missingMs < IDLE_AFTER_MS) {
      return 0;
    }
    return this.#pad(missingMs - IDLE_BEHIND_MS);
  }

  /** Samples of silence up to `endMs`. */
  finish(endMs: number): number {
    return this.#pad(Math.max(0, this.#missingMs(endMs)));
  }

  /** When the sound at `receivedMs` of what was received is heard on our timeline. */
  timeOf(receivedMs: number): number {
    const received = receivedMs * this.#samplesPerMs;
    const anchor = this.#anchors.findLast((one) => one.received <= received) ?? this.#anchors[0];
    return (received + (anchor?.offset ?? 0)) / this.#samplesPerMs;
  }

  get receivedMs(): number {
    return this.#received / this.#samplesPerMs;
  }

  #missingMs(nowMs: number): number {
    return nowMs - this.#placed / this.#samplesPerMs;
  }

  #pad(ms: number): number {
    const silence = Math.round(ms * this.#samplesPerMs);
    this.#placed += silence;
    this.#forget();
    return silence;
  }

  #forget(): void {
    this.#delays = [];
    this.#surplus = 0;
  }

  #remember(ms: number, lengthMs: number): void {
    this.#delays.push({ ms, lengthMs });
    let total = this.#delays.reduce((sum, delay) => sum + delay.lengthMs, 0);
    while (total - (this.#delays[0]?.lengthMs ?? 0) >= WINDOW_MS) {
      total -= this.#delays.shift()!.lengthMs;
    }
  }

  #correct(samples: Int16Array): Placed {
    const surplusMs = -this.#largestDelay(SURPLUS_FOR_MS);
    if (this.#surplus === 0 && surplusMs > SURPLUS_MS) {
      this.#surplus = Math.round(surplusMs * this.#samplesPerMs);
    }
    if (this.#surplus > 0) {
      const dropped = Math.min(samples.length, this.#surplus);
      this.#surplus -= dropped;
      this.#shift(dropped);
      return { silence: 0, samples: samples.subarray(dropped) };
    }
    const heardMs = this.#delays.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
    const least = Math.min(...this.#delays.map(({ ms }) => ms));
    if (heardMs < WINDOW_MS || Math.abs(least) <= QUIET_MS || samples.length < 2) {
      return { silence: 0, samples };
    }
    const change = least > 0 ? 1 : -1;
    this.#shift(-change);
    return { silence: 0, samples: change > 0 ? longer(samples) : samples.subarray(1) };
  }

  /** The largest delay of the last `spanMs`; not negative until so much has been heard. */
  #largestDelay(spanMs: number): number {
    let heardMs = 0;
    let largest = Number.NEGATIVE_INFINITY;
    for (let at = this.#delays.length - 1; at >= 0 && heardMs < spanMs; at -= 1) {
      const { ms, lengthMs } = this.#delays[at]!;
      heardMs += lengthMs;
      largest = Math.max(largest, ms);
    }
    return heardMs < spanMs ? 0 : largest;
  }

  /** Delays seen before count from where the track stands after `dropped` samples went. */
  #shift(dropped: number): void {
    for (const delay of this.#delays) {
      delay.ms += dropped / this.#samplesPerMs;
    }
  }

  #anchor(): void {
    const offset = this.#placed - this.#received;
    if (offset !== this.#anchors.at(-1)?.offset) {
      // What was corrected came at the end of what was received before.
      const received = this.#anchors.length === 0 ? 0 : this.#lastReceived;
      this.#anchors.push({ received, offset });
      if (this.#anchors.length > KEPT_ANCHORS) {
        this.#anchors.shift();
      }
    }
    this.#lastReceived = this.#received;
  }
  #lastReceived = 0;
}

/** The same sound with one sample more in its middle. */
function longer(samples: Int16Array): Int16Array {
  const middle = samples.length >> 1;
  const result = new Int16Array(samples.length + 1);
  result.set(samples.subarray(0, middle));
  result[middle] = (samples[middle - 1]! + samples[middle]!) >> 1;
  result.set(samples.subarray(middle), middle + 1);
  return result;
}
