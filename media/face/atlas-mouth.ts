/** The lower face: the nearest mouth sprites, each warped to the wanted landmarks, blended into the picture. */
import { MediaError } from '#media/errors.ts';
import type { FacePose } from './pose.ts';
import { MOUTH_WEIGHTS } from './pose.ts';
import { addWarpedColumn, ColumnWarp } from './atlas-knots.ts';
import type { FacePack } from './atlas-pack.ts';
import { rebuildSprites } from './atlas-pack.ts';
import {
  BLENDED,
  MOUTH_COLUMNS,
  MOUTH_KNOT_NUMBERS,
  MOUTH_ROWS,
  MouthShapes,
  termCount,
} from './atlas-shapes.ts';
import { featherMask, i420Bytes, i420Planes } from './i420.ts';
import type { Plane } from './i420.ts';

/** 12 px: cheeks that a smile lifts fade into the still face above without a line. */
const FEATHER_PX = 12;
/** A frown down to -0.6 was drawn; beyond it the mouth stays as it is. */
const SMILE_RANGE = [-0.6, 1] as const;

export class MouthLayer {
  readonly #shapes: MouthShapes;
  readonly #sprites: Uint8Array;
  readonly #spriteBytes: number;
  readonly #spriteKnots: Float32Array;
  readonly #base: Uint8Array;
  readonly #left: number;
  readonly #top: number;
  readonly #planes: readonly { window: Plane; frame: Plane; mask: Uint16Array; warp: ColumnWarp }[];
  readonly #sums: Int32Array;
  readonly #weights: Float32Array;
  readonly #latest: Float32Array;

  /** `base` is the resting picture; the layer keeps a reference and never writes to it. */
  constructor(pack: FacePack, base: Uint8Array) {
    const { mouth, width, height } = pack.header;
    const [left, top, w, h] = mouth.window;
    if (
      mouth.weights.join() !== [...MOUTH_WEIGHTS, 'smile'].join() ||
      left + w > width ||
      top + h > height
    ) {
      throw new MediaError('FACE_PACK_INVALID', {
        detail: 'Its mouth is described in other terms.',
      });
    }
    const count = mouth.parents.length;
    const n = mouth.weights.length;
    if (count <= BLENDED) throw new MediaError('FACE_PACK_INVALID', { detail: 'Too few mouths.' });
    this.#spriteBytes = i420Bytes(w, h);
    const deltas = pack.bytes('mouthSprites', [count, this.#spriteBytes]).data;
    this.#sprites = rebuildSprites(deltas, mouth.parents, this.#spriteBytes);
    this.#spriteKnots = pack.float32('mouthKnots', [count, MOUTH_COLUMNS, MOUTH_ROWS + 1]).data;
    const polynomial = pack.float32('mouthPolynomial', [termCount(n), MOUTH_KNOT_NUMBERS]).data;
    this.#shapes = new MouthShapes(
      mouth.weights,
      polynomial,
      pack.float32('mouthWeights', [count, n]).data,
    );
    this.#base = base;
    this.#left = left;
    this.#top = top;
    const frames = i420Planes(width, height);
    this.#planes = i420Planes(w, h).map((plane, i) => ({
      window: plane,
      frame: frames[i]!,
      mask: featherMask(plane, FEATHER_PX),
      warp: new ColumnWarp(plane.width, MOUTH_ROWS, plane.step),
    }));
    this.#sums = new Int32Array(w * h);
    this.#weights = new Float32Array(n);
    this.#latest = new Float32Array(n).fill(Number.NaN);
  }

  /** Draws the mouth window into `frame`, which otherwise holds the base picture. */
  draw(pose: FacePose, frame: Uint8Array): void {
    const weights = this.#weights;
    MOUTH_WEIGHTS.forEach((name, i) => {
      weights[i] = Math.min(1, Math.max(0, pose.mouth[name]));
    });
    weights[MOUTH_WEIGHTS.length] = Math.min(
      SMILE_RANGE[1],
      Math.max(SMILE_RANGE[0], pose.expression.smile),
    );
    if (weights.every((v, i) => v === this.#latest[i])) return; // the window already shows this mouth
    this.#latest.set(weights);
    this.#shapes.choose(weights);
    for (const plane of this.#planes) this.#drawPlane(plane, frame);
  }

  #drawPlane(
    plane: { window: Plane; frame: Plane; mask: Uint16Array; warp: ColumnWarp },
    frame: Uint8Array,
  ): void {
    const { window, frame: target, mask, warp } = plane;
    const { sprites, weights, knots } = this.#shapes;
    const start =
      target.offset + (this.#top / window.step) * target.width + this.#left / window.step;
    // Warps are set per sprite, so sprites go outside and columns inside; sums of all columns wait in between.
    const all = this.#sums;
    all.fill(0, 0, window.width * window.height);
    for (let k = 0; k < BLENDED; k++) {
      const weight = weights[k]!;
      if (weight <= 0) continue;
      const sprite = sprites[k]!;
      warp.set(
        knots,
        0,
        this.#spriteKnots,
        sprite * MOUTH_KNOT_NUMBERS,
        MOUTH_COLUMNS,
        this.#left,
        this.#top,
      );
      const offset = sprite * this.#spriteBytes + window.offset;
      for (let x = 0; x < window.width; x++) {
        addWarpedColumn(warp, x, this.#sprites, offset, window, weight, all, x * window.height);
      }
    }
    for (let y = 0; y < window.height; y++) {
      const row = start + y * target.width;
      const maskRow = y * window.width;
      for (let x = 0; x < window.width; x++) {
        const value = (all[x * window.height + y]! + 32768) >> 16;
        const under = this.#base[row + x]!;
        frame[row + x] = under + (((value - under) * mask[maskRow + x]! + 128) >> 8);
      }
    }
  }
}
