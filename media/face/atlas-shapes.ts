/**
 * From mouth weights to landmarks and sprite weights. Landmarks come from a polynomial that the bake fitted, so the
 * mouth's outline is exact for any weights; sprites only lend it their texture, and the nearest ones lend most.
 */

/** What a raised tongue, a smile and rounding are worth, in pixels of lip movement. As in bake/shapes.py. */
const EXTRA_PIXELS = { tongueUp: 12, tongueOut: 20, tongueBack: 6, smile: 16 } as const;
const ROUND_PIXELS = 18;
const LIP_PIXEL_SHARE = 1 / 3;
const CHIN_PIXEL_SHARE = 1 / 2;

export const MOUTH_COLUMNS = 13;
export const MOUTH_ROWS = 9;
const STRIDE = MOUTH_ROWS + 1;
export const MOUTH_KNOT_NUMBERS = MOUTH_COLUMNS * STRIDE;
/** Lip columns (without cheeks and window edges), and the numbers of a column that the lips move. */
const FIRST_LIP_COLUMN = 2;
const LIP_COLUMNS = 9;
const LIP_NUMBERS = [0, 3, 4, 5, 6] as const;
const CHIN_COLUMN = 6;
const CHIN_NUMBER = 8;
const VECTOR_LENGTH = LIP_COLUMNS * LIP_NUMBERS.length + 1 + 4 + 1;

/** Sprites blended at once. */
export const BLENDED = 4;
const LEAST_SHARE = 0.05;

/** The number of terms of a full quadratic polynomial over `n` weights. */
export function termCount(n: number): number {
  return 1 + n + (n * (n + 1)) / 2;
}

export class MouthShapes {
  /** Landmarks of the latest `choose`: columns of (x, y0 ... y8). */
  readonly knots = new Float32Array(MOUTH_KNOT_NUMBERS);
  /** The sprites to blend and their weights, which sum to 256. */
  readonly sprites = new Int32Array(BLENDED);
  readonly weights = new Int32Array(BLENDED);
  readonly #polynomial: Float32Array;
  readonly #names: readonly string[];
  readonly #vectors: Float32Array;
  readonly #terms: Float64Array;
  readonly #vector = new Float32Array(VECTOR_LENGTH);
  readonly #raw = new Float64Array(BLENDED);
  readonly #nearest = new Int32Array(BLENDED + 1);
  readonly #nearestSquared = new Float64Array(BLENDED + 1);

  /** `spriteWeights` holds the weights of every sprite, `names.length` a row. */
  constructor(names: readonly string[], polynomial: Float32Array, spriteWeights: Float32Array) {
    this.#names = names;
    this.#polynomial = polynomial;
    this.#terms = new Float64Array(termCount(names.length));
    const count = spriteWeights.length / names.length;
    this.#vectors = new Float32Array(count * VECTOR_LENGTH);
    for (let i = 0; i < count; i++) {
      const row = spriteWeights.subarray(i * names.length, (i + 1) * names.length);
      this.#predict(row);
      this.#toVector(row);
      this.#vectors.set(this.#vector, i * VECTOR_LENGTH);
    }
  }

  /** Sets `knots`, `sprites` and `weights` for these mouth weights. Continuous in every weight. */
  choose(weights: Float32Array): void {
    this.#predict(weights);
    this.#toVector(weights);
    this.#findNearest();
    // Each weight falls to zero where its sprite would drop out, so a change of neighbours never shows.
    const reach = Math.sqrt(this.#nearestSquared[BLENDED]!) + 1e-6;
    let sum = 0;
    const raw = this.#raw;
    for (let k = 0; k < BLENDED; k++) {
      const distance = Math.sqrt(this.#nearestSquared[k]!) + 1e-3;
      const closeness = Math.max(0, reach - distance) / (reach * distance);
      raw[k] = closeness * Math.sqrt(closeness);
      sum += raw[k]!;
    }
    // A share too small to see costs as much as any other: it is dropped, continuously.
    let kept = 0;
    for (let k = 0; k < BLENDED; k++) {
      raw[k] = Math.max(0, raw[k]! - LEAST_SHARE * sum);
      kept += raw[k]!;
    }
    let left = 256;
    for (let k = BLENDED - 1; k >= 0; k--) {
      const share = kept > 0 ? Math.round((256 * raw[k]!) / kept) : 0;
      this.sprites[k] = this.#nearest[k]!;
      this.weights[k] = k === 0 ? left : share;
      left -= share;
    }
  }

  #predict(weights: Float32Array): void {
    const terms = this.#terms;
    const n = weights.length;
    let at = 0;
    terms[at++] = 1;
    for (let i = 0; i < n; i++) terms[at++] = weights[i]!;
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) terms[at++] = weights[i]! * weights[j]!;
    }
    this.knots.fill(0);
    for (let t = 0; t < at; t++) {
      const value = terms[t]!;
      if (value === 0) continue;
      const row = t * MOUTH_KNOT_NUMBERS;
      for (let k = 0; k < MOUTH_KNOT_NUMBERS; k++) {
        this.knots[k] = this.knots[k]! + value * this.#polynomial[row + k]!;
      }
    }
  }

  #weight(weights: Float32Array, name: string): number {
    const i = this.#names.indexOf(name);
    return i < 0 ? 0 : weights[i]!;
  }

  #toVector(weights: Float32Array): void {
    const vector = this.#vector;
    let at = 0;
    for (let c = FIRST_LIP_COLUMN; c < FIRST_LIP_COLUMN + LIP_COLUMNS; c++) {
      for (const number of LIP_NUMBERS) {
        vector[at++] = this.knots[c * STRIDE + number]! * LIP_PIXEL_SHARE;
      }
    }
    vector[at++] = this.knots[CHIN_COLUMN * STRIDE + CHIN_NUMBER]! * CHIN_PIXEL_SHARE;
    for (const [name, pixels] of Object.entries(EXTRA_PIXELS)) {
      vector[at++] = this.#weight(weights, name) * pixels;
    }
    const round = 0.9 * this.#weight(weights, 'mouthFunnel') + this.#weight(weights, 'mouthPucker');
    vector[at] = Math.min(1, Math.max(0, round)) * ROUND_PIXELS;
  }

  #findNearest(): void {
    const squared = this.#nearestSquared;
    const nearest = this.#nearest;
    squared.fill(Number.MAX_VALUE);
    nearest.fill(0);
    for (let i = 0, at = 0; at < this.#vectors.length; i++, at += VECTOR_LENGTH) {
      let sum = 0;
      for (let k = 0; k < VECTOR_LENGTH; k++) {
        const difference = this.#vectors[at + k]! - this.#vector[k]!;
        sum += difference * difference;
      }
      if (sum >= squared[BLENDED]!) continue;
      let place = BLENDED;
      for (; place > 0 && squared[place - 1]! > sum; place--) {
        squared[place] = squared[place - 1]!;
        nearest[place] = nearest[place - 1]!;
      }
      squared[place] = sum;
      nearest[place] = i;
    }
  }
}
