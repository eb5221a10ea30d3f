/**
 * Lays sound that comes from elsewhere onto our timeline by when it arrives: gaps become silence, a clock that runs
 * faster or slower than ours is followed by a sample more or less a frame, and what is too much is left out.
 *
 * Sound may arrive late and never early, so the least delay of the last second tells where it belongs. Sound that is much
 * too late may be a gap, or a burst that an event loop held up and that is about to catch up: it waits until that is clear.
 */

/** Missing more than this is no jitter: a gap (a muted or lost track), or a burst. */
const GAP_MS = 120;
/** A burst comes at once; what is still as late after this is behind a gap. */
const DOUBT_MS = 150;
/** More sound than time for this long was no burst: our timeline stood still, and the surplus goes. */
const SURPLUS_MS = 30;
const SURPLUS_FOR_MS = 300;
/** Within this nothing is corrected; a quarter of what alignment allows. */
const QUIET_MS = 10;
const WINDOW_MS = 1_000;
/** A track that falls silent is filled up to this behind the present, so that its file keeps up. */
const IDLE_AFTER_MS = 3_000;
const IDLE_BEHIND_MS = 1_500;
/** Corrections are remembered for finding when a sample was heard: at one a frame, for 40 s. */
const KEPT_ANCHORS = 4_000;

export interface Placed {
  /** Samples of silence that come first. */
  silence: number;
  samples: Int16Array;
}

/** What came much too late, as long as it is in doubt. */
interface Doubted {
  parts: Int16Array[];
  samples: number;
  sinceMs: number;
  leastMs: number;
}

interface Delay {
  ms: number;
  lengthMs: number;
}

export class TrackAligner {
  readonly #samplesPerMs: number;
  /** Samples laid down so far, silence included. */
  #placed = 0;
  /** Samples received so far, those in doubt left out. */
  #received = 0;
  #delays: Delay[] = [];
  #doubted: Doubted | undefined;
  /** Samples yet to be left out. */
  #surplus = 0;
  /** From this received sample on, `placed - received` is `offset`. */
  readonly #anchors: { received: number; offset: number }[] = [];

  constructor(options: { sampleRateHz: number }) {
    this.#samplesPerMs = options.sampleRateHz / 1_000;
  }

  /**
   * Places a frame whose last sample arrived at `arrivedMs` of our timeline, and what waited for it. Keeps no reference to
   * it.
   */
  push(samples: Int16Array, arrivedMs: number): Placed {
    const waiting = this.#doubted?.samples ?? 0;
    const delayMs = this.#missingMs(arrivedMs) - (waiting + samples.length) / this.#samplesPerMs;
    if (delayMs > GAP_MS) {
      return this.#doubt(samples, arrivedMs, delayMs);
    }
    if (this.#placed === 0 && delayMs > 0) {
      const whole = this.#endDoubt(samples);
      return this.#place(whole, { silence: this.#samplesOf(delayMs), samples: whole });
    }
    if (this.#doubted !== undefined) {
      // A burst: it has caught up, and how late it was says nothing about what follows.
      this.#forget();
      const whole = this.#endDoubt(samples);
      return this.#place(whole, { silence: 0, samples: whole });
    }
    this.#remember(delayMs, samples.length / this.#samplesPerMs);
    return this.#place(samples, { silence: 0, samples: this.#corrected(samples) });
  }

  /** What is in doubt, placed where it arrived: nothing follows. */
  flush(): Placed {
    const leastMs = this.#doubted?.leastMs ?? 0;
    const whole = this.#endDoubt(new Int16Array(0));
    return this.#place(whole, { silence: this.#samplesOf(leastMs), samples: whole });
  }

  /** How many samples of silence are due where nothing arrives. Call it now and then. */
  idle(nowMs: number): number {
    const missingMs = this.#missingMs(nowMs);
    return missingMs < IDLE_AFTER_MS || this.#doubted !== undefined
      ? 0
      : this.#pad(missingMs - IDLE_BEHIND_MS);
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
    return (this.#received + (this.#doubted?.samples ?? 0)) / this.#samplesPerMs;
  }

  #samplesOf(ms: number): number {
    return Math.max(0, Math.round(ms * this.#samplesPerMs));
  }

  #missingMs(nowMs: number): number {
    return nowMs - this.#placed / this.#samplesPerMs;
  }

  #pad(ms: number): number {
    const silence = this.#samplesOf(ms);
    this.#placed += silence;
    this.#forget();
    return silence;
  }

  #doubt(samples: Int16Array, arrivedMs: number, delayMs: number): Placed {
    this.#doubted ??= { parts: [], samples: 0, sinceMs: arrivedMs, leastMs: delayMs };
    const doubted = this.#doubted;
    doubted.parts.push(samples.slice());
    doubted.samples += samples.length;
    doubted.leastMs = Math.min(doubted.leastMs, delayMs);
    if (arrivedMs - doubted.sinceMs < DOUBT_MS) {
      return { silence: 0, samples: new Int16Array(0) };
    }
    this.#forget();
    return this.flush();
  }

  /** All that waited, and `samples` behind it. */
  #endDoubt(samples: Int16Array): Int16Array {
    const doubted = this.#doubted;
    this.#doubted = undefined;
    if (doubted === undefined) {
      return samples;
    }
    const whole = new Int16Array(doubted.samples + samples.length);
    let at = 0;
    for (const part of [...doubted.parts, samples]) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #place(received: Int16Array, placed: Placed): Placed {
    const before = this.#received;
    this.#received += received.length;
    this.#placed += placed.silence + placed.samples.length;
    const offset = this.#placed - this.#received;
    if (offset !== this.#anchors.at(-1)?.offset) {
      this.#anchors.push({ received: before, offset });
      if (this.#anchors.length > KEPT_ANCHORS) {
        this.#anchors.shift();
      }
    }
    return placed;
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

  #corrected(samples: Int16Array): Int16Array {
    const surplusMs = -this.#largestDelay(SURPLUS_FOR_MS);
    if (this.#surplus === 0 && surplusMs > SURPLUS_MS) {
      this.#surplus = this.#samplesOf(surplusMs);
    }
    if (this.#surplus > 0) {
      const dropped = Math.min(samples.length, this.#surplus);
      this.#surplus -= dropped;
      this.#shift(dropped);
      return samples.subarray(dropped);
    }
    const heardMs = this.#delays.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
    const least = Math.min(...this.#delays.map(({ ms }) => ms));
    if (heardMs < WINDOW_MS || Math.abs(least) <= QUIET_MS || samples.length < 2) {
      return samples;
    }
    const change = least > 0 ? 1 : -1;
    this.#shift(-change);
    return change > 0 ? longer(samples) : samples.subarray(1);
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
