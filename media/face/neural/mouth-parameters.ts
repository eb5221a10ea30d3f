/**
 * From our mouth to a decoder's parameters. A mouth is taken as a blend of visemes: the shares that come nearest to it, none
 * negative and together one. The parameters are the same blend of the avatar's calibrated vectors, so they never leave what
 * was seen to look right, and co-articulation carries over. Shut lips, and the lip on the teeth, are laid over that blend:
 * they are whole or they are not seen.
 */
import { VISEME_SHAPES } from '#media/visemes/shapes.ts';
import { VISEMES, type Viseme } from '#media/visemes/viseme.ts';
import { MOUTH_WEIGHTS, type MouthShape, type MouthWeight } from '../pose.ts';
import type { AvatarManifest } from './avatar-manifest.ts';
import { MediaError } from '#media/errors.ts';

/** How much each weight counts in the comparison. The tongue hardly shows; the closures are laid over. */
const IMPORTANCE: Readonly<Record<MouthWeight, number>> = {
  jawOpen: 1.5,
  mouthClose: 0,
  mouthFunnel: 1,
  mouthPucker: 1,
  mouthStretch: 0.8,
  mouthPress: 0,
  mouthRollLower: 0,
  mouthUpperUp: 0.7,
  mouthLowerDown: 0.7,
  tongueUp: 0.3,
  tongueOut: 0.3,
  tongueBack: 0.15,
};
/** Blended; the closures are not. */
const BLENDED = VISEMES.filter((viseme) => viseme !== 'PP' && viseme !== 'FF');
const COMPARED = MOUTH_WEIGHTS.filter((name) => IMPORTANCE[name] > 0);
/** Favours blends of many over one far away, and makes the answer unique. */
const RIDGE = 0.0005;
const ROUNDS = 120;
/** Parameters that round the lips: a closure keeps this share of its neighbours' rounding. */
const ROUNDING = [12, 14, 18, 30, 31];
const KEPT_ROUNDING = { PP: 0.6, FF: 0.4 } as const;

export class MouthParameters {
  readonly #vectors: Readonly<Record<Viseme, readonly number[]>>;
  readonly #neutral: readonly number[];
  /** Compared weights of each blended viseme, importance included. */
  readonly #points: readonly Float64Array[];
  readonly #products: readonly Float64Array[];
  readonly #step: number;
  readonly #shares: Float64Array;
  readonly #gradient: Float64Array;

  /** Throws FACE_PACK_INVALID for an avatar that has not been calibrated. */
  constructor(manifest: Pick<AvatarManifest, 'id' | 'neutral' | 'visemes'>) {
    if (manifest.visemes === undefined) {
      throw new MediaError('FACE_PACK_INVALID', {
        detail: `“${manifest.id}” has no visemes yet: npm run avatars -- calibrate.`,
      });
    }
    this.#vectors = manifest.visemes;
    this.#neutral = manifest.neutral;
    this.#points = BLENDED.map((viseme) => pointOf(VISEME_SHAPES[viseme]));
    this.#products = this.#points.map((a, i) =>
      Float64Array.from(this.#points, (b, j) => dot(a, b) + (i === j ? RIDGE : 0)),
    );
    // A bound of the largest eigenvalue: the largest sum of a row.
    this.#step =
      1 /
      Math.max(...this.#products.map((row) => row.reduce((sum, each) => sum + Math.abs(each), 0)));
    this.#shares = new Float64Array(BLENDED.length);
    this.#gradient = new Float64Array(BLENDED.length);
  }

  /** The mouth is so close to rest that the template may show by itself. */
  atRest(params: Float32Array): boolean {
    return params.every((value, index) => Math.abs(value - this.#neutral[index]!) < 0.012);
  }

  /** A new vector of 32. */
  of(mouth: MouthShape): Float32Array {
    const shares = this.#sharesOf(pointOf(mouth));
    const params = new Float32Array(this.#neutral.length);
    shares.forEach((share, index) => {
      const vector = this.#vectors[BLENDED[index]!];
      for (let i = 0; i < params.length; i += 1) {
        params[i] = params[i]! + share * vector[i]!;
      }
    });
    // A lip on the teeth is as clear as its roll, unless the lips are shut over it.
    this.#lay(params, 'FF', mouth.mouthRollLower * (1 - mouth.mouthClose));
    this.#lay(params, 'PP', mouth.mouthClose);
    return params;
  }

  /** Nearest point of the simplex by accelerated projected gradients: a few thousand multiplications. */
  #sharesOf(point: Float64Array): Float64Array {
    const shares = this.#shares.fill(1 / BLENDED.length);
    const wanted = this.#points.map((each) => dot(each, point));
    const ahead = Float64Array.from(shares);
    let momentum = 1;
    for (let round = 0; round < ROUNDS; round += 1) {
      const gradient = this.#gradient;
      for (let i = 0; i < shares.length; i += 1) {
        gradient[i] = ahead[i]! - this.#step * (dot(this.#products[i]!, ahead) - wanted[i]!);
      }
      projectToSimplex(gradient);
      const next = (1 + Math.sqrt(1 + 4 * momentum * momentum)) / 2;
      for (let i = 0; i < shares.length; i += 1) {
        ahead[i] = gradient[i]! + ((momentum - 1) / next) * (gradient[i]! - shares[i]!);
        shares[i] = gradient[i]!;
      }
      momentum = next;
    }
    return shares;
  }

  #lay(params: Float32Array, viseme: 'PP' | 'FF', made: number): void {
    if (made <= 0) {
      return;
    }
    const vector = this.#vectors[viseme];
    const kept = KEPT_ROUNDING[viseme];
    for (let i = 0; i < params.length; i += 1) {
      const now = params[i]!;
      const goal = ROUNDING.includes(i) ? kept * now + (1 - kept) * vector[i]! : vector[i]!;
      params[i] = now + (goal - now) * Math.min(1, made);
    }
  }
}

function pointOf(mouth: MouthShape): Float64Array {
  return Float64Array.from(COMPARED, (name) => mouth[name] * IMPORTANCE[name]);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    sum += a[i]! * b[i]!;
  }
  return sum;
}

/** In place. Source: Duchi and others 2008, "Efficient Projections onto the l1-Ball". */
function projectToSimplex(values: Float64Array): void {
  const sorted = Float64Array.from(values).sort().reverse();
  let sum = 0;
  let shift = 0;
  for (let i = 0; i < sorted.length; i += 1) {
    sum += sorted[i]!;
    const candidate = (sum - 1) / (i + 1);
    if (sorted[i]! > candidate) {
      shift = candidate;
    }
  }
  for (let i = 0; i < values.length; i += 1) {
    values[i] = Math.max(0, values[i]! - shift);
  }
}
