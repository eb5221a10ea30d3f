/** The prime factors that this transform knows, largest butterfly last. */
const RADICES = [2, 3, 5] as const;

/**
 * A discrete Fourier transform of one fixed length whose prime factors are 2, 3 and 5 (Whisper's window is 400
 * samples). Mixed-radix Stockham: each pass reads one buffer and writes the other, so no reordering is needed.
 */
export class FourierTransform {
  readonly length: number;
  readonly #factors: number[];
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;
  #re: Float64Array;
  #im: Float64Array;
  #otherRe: Float64Array;
  #otherIm: Float64Array;

  constructor(length: number) {
    this.length = length;
    this.#factors = factorise(length);
    this.#cos = new Float64Array(length);
    this.#sin = new Float64Array(length);
    for (let index = 0; index < length; index += 1) {
      this.#cos[index] = Math.cos((2 * Math.PI * index) / length);
      this.#sin[index] = -Math.sin((2 * Math.PI * index) / length);
    }
    this.#re = new Float64Array(length);
    this.#im = new Float64Array(length);
    this.#otherRe = new Float64Array(length);
    this.#otherIm = new Float64Array(length);
  }

  /**
   * Transforms `length` real samples. The result's arrays belong to the transform and hold until the next call;
   * bins 0 to length / 2 are meaningful to a caller with real input.
   */
  real(samples: Float64Array): { re: Float64Array; im: Float64Array } {
    this.#re.set(samples);
    this.#im.fill(0);
    let done = 1;
    for (const radix of this.#factors) {
      this.#pass(radix, done);
      done *= radix;
      [this.#re, this.#otherRe] = [this.#otherRe, this.#re];
      [this.#im, this.#otherIm] = [this.#otherIm, this.#im];
    }
    return { re: this.#re, im: this.#im };
  }

  /** One decimation pass: `done` is the product of the radices already applied. */
  #pass(radix: number, done: number): void {
    const { length } = this;
    const re = this.#re;
    const im = this.#im;
    const outRe = this.#otherRe;
    const outIm = this.#otherIm;
    const cos = this.#cos;
    const sin = this.#sin;
    const stride = length / radix;
    const groups = stride / done;
    const twiddleStep = length / (done * radix);
    for (let group = 0; group < groups; group += 1) {
      for (let k = 0; k < done; k += 1) {
        for (let q = 0; q < radix; q += 1) {
          let sumRe = 0;
          let sumIm = 0;
          const step = (k + q * done) * twiddleStep;
          for (let p = 0; p < radix; p += 1) {
            const from = k + done * (group + groups * p);
            const turn = (p * step) % length;
            const c = cos[turn] ?? 0;
            const s = sin[turn] ?? 0;
            const a = re[from] ?? 0;
            const b = im[from] ?? 0;
            sumRe += a * c - b * s;
            sumIm += a * s + b * c;
          }
          const to = k + done * (q + radix * group);
          outRe[to] = sumRe;
          outIm[to] = sumIm;
        }
      }
    }
  }
}

function factorise(length: number): number[] {
  const factors: number[] = [];
  let rest = length;
  for (const radix of RADICES) {
    while (rest % radix === 0) {
      factors.push(radix);
      rest /= radix;
    }
  }
  if (rest !== 1 || length < 2) {
    throw new RangeError(`A transform of length ${String(length)} has factors other than 2, 3, 5.`);
  }
  return factors;
}
