/** Buckets of this width: as fine as playing itself, which goes by frames of 10 ms. */
const BUCKET_MS = 10;
/** Weights are brought back to size before they leave the range of a double. */
const LARGEST_WEIGHT = 1e12;
const USUAL = 0.9;

export interface SpreadOptions {
  /** Observations beyond it are counted as it. */
  longestMs: number;
  /** After this many observations an old one weighs 1/e of a new one. */
  memory: number;
  /** Share of the remembered weight that the answer covers, 0..1. */
  quantile: number;
}

/**
 * How late sound arrives: a histogram that forgets, and a quantile of it, as NetEq's delay manager has. The quantile is high
 * and a new observation weighs more than what it leaves out, so one late arrival counts at once and is forgotten when it was
 * the only one for a while.
 */
export class ArrivalSpread {
  readonly #options: SpreadOptions;
  readonly #weights: Float64Array;
  readonly #growth: number;
  #newWeight = 1;
  #total = 0;
  #quantileMs = 0;
  #usualMs = 0;
  #count = 0;

  constructor(options: SpreadOptions) {
    this.#options = options;
    this.#weights = new Float64Array(Math.ceil(options.longestMs / BUCKET_MS) + 1);
    this.#growth = 1 / (1 - 1 / options.memory);
  }

  /** The delay that covers the quantile, in whole buckets; 0 when nothing was ever late. */
  get quantileMs(): number {
    return this.#quantileMs;
  }

  /** The delay that covers nine arrivals in ten. */
  get usualMs(): number {
    return this.#usualMs;
  }

  /** How many observations there were. */
  get count(): number {
    return this.#count;
  }

  /** `weight`: a supposition may count less than an observation. */
  observe(lateMs: number, weight = 1): void {
    this.#count += 1;
    const last = this.#weights.length - 1;
    const bucket = Math.min(last, Math.max(0, Math.ceil(lateMs / BUCKET_MS)));
    this.#newWeight *= this.#growth;
    this.#weights[bucket]! += weight * this.#newWeight;
    this.#total += weight * this.#newWeight;
    if (this.#newWeight > LARGEST_WEIGHT) {
      this.#shrink();
    }
    this.#quantileMs = this.#find(this.#options.quantile) * BUCKET_MS;
    this.#usualMs = this.#find(USUAL) * BUCKET_MS;
  }

  /** From the top down, because little lies there: the lowest bucket above which no more than the rest of the weight lies. */
  #find(quantile: number): number {
    const beyond = this.#total * (1 - quantile);
    let above = 0;
    for (let bucket = this.#weights.length - 1; bucket > 0; bucket -= 1) {
      above += this.#weights[bucket]!;
      if (above > beyond) {
        return bucket;
      }
    }
    return 0;
  }

  #shrink(): void {
    for (let bucket = 0; bucket < this.#weights.length; bucket += 1) {
      this.#weights[bucket]! /= this.#newWeight;
    }
    this.#total /= this.#newWeight;
    this.#newWeight = 1;
  }
}
