/** What remains of a sound when nobody speaks: the least smoothed power of the last seconds, for each of its bands. */

/** The minimum is sought over eight stretches of half a second: longer than a phrase without a breath seldom is. */
const STRETCH_FRAMES = 50;
const STRETCHES = 8;
/** Smoothing over about 60 ms, so that a single quiet frame is no floor. */
const SMOOTHING = 1 / 6;
/** The minimum of a smoothed noise lies below its mean, by this factor with the smoothing above. */
const BIAS = 1.6;

export class NoiseFloor {
  readonly #smoothed: Float64Array;
  readonly #stretch: Float64Array;
  readonly #minima: Float64Array[] = [];
  readonly #floor: Float64Array;
  #frames = 0;

  constructor(bands: number) {
    this.#smoothed = new Float64Array(bands);
    this.#stretch = new Float64Array(bands).fill(Infinity);
    this.#floor = new Float64Array(bands);
  }

  /** Mean power of the noise in each band; zero before anything was heard. Overwritten by the next `push`. */
  get powers(): Float64Array {
    return this.#floor;
  }

  /** Adds the powers of a 10 ms frame. */
  push(powers: ArrayLike<number>): void {
    const first = this.#frames === 0;
    for (let band = 0; band < this.#smoothed.length; band += 1) {
      const smoothed = first
        ? powers[band]!
        : this.#smoothed[band]! + SMOOTHING * (powers[band]! - this.#smoothed[band]!);
      this.#smoothed[band] = smoothed;
      this.#stretch[band] = Math.min(this.#stretch[band]!, smoothed);
      let least = this.#stretch[band]!;
      for (const minima of this.#minima) {
        least = Math.min(least, minima[band]!);
      }
      this.#floor[band] = least * BIAS;
    }
    this.#frames += 1;
    if (this.#frames % STRETCH_FRAMES === 0) {
      this.#minima.push(this.#stretch.slice());
      this.#stretch.fill(Infinity);
      if (this.#minima.length > STRETCHES) {
        this.#minima.shift();
      }
    }
  }
}
