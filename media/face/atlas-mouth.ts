/** The lower face: the nearest mouth sprites, each warped to the wanted landmarks, blended into the picture. */
import { MediaError } from '#media/errors.ts';
import type { FacePose } from './pose.ts';
import { MOUTH_WEIGHTS } from './pose.ts';
import { ColumnWarp } from './atlas-knots.ts';
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
import { fillFeatherMask, i420Bytes, i420Planes } from './i420.ts';
import type { Plane } from './i420.ts';
import type { Kernel } from './kernel/kernel.ts';

/** 12 px: cheeks that a smile lifts fade into the still face above without a line. */
const FEATHER_PX = 12;
/** A frown down to -0.6 was drawn; beyond it the mouth stays as it is. */
const SMILE_RANGE = [-0.6, 1] as const;

interface MouthPlane {
  window: Plane;
  frame: Plane;
  mask: Uint16Array;
  warp: ColumnWarp;
}

export class MouthLayer {
  readonly #kernel: Kernel;
  readonly #shapes: MouthShapes;
  readonly #sprites: Uint8Array;
  readonly #spriteBytes: number;
  readonly #spriteKnots: Float32Array;
  readonly #base: Uint8Array;
  readonly #left: number;
  readonly #top: number;
  readonly #planes: readonly MouthPlane[];
  readonly #sums: Int32Array;
  readonly #weights: Float32Array;
  readonly #latest: Float32Array;

  /** `base` is the resting picture in the kernel's memory; the layer never writes to it. */
  constructor(kernel: Kernel, pack: FacePack, base: Uint8Array) {
    this.#kernel = kernel;
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
    this.#sprites = kernel.allocate(Uint8Array, deltas.length);
    rebuildSprites(deltas, mouth.parents, this.#spriteBytes, this.#sprites);
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
    this.#planes = i420Planes(w, h).map((window, i) => {
      const mask = kernel.allocate(Uint16Array, window.width * window.height);
      fillFeatherMask(mask, window, FEATHER_PX);
      return { window, frame: frames[i]!, mask, warp: new ColumnWarp(kernel, window, MOUTH_ROWS) };
    });
    this.#sums = kernel.allocate(Int32Array, w * h);
    this.#weights = new Float32Array(n);
    this.#latest = new Float32Array(n).fill(Number.NaN);
  }

  /** Draws the mouth window into `frame`, a picture in the kernel's memory that otherwise holds the base. */
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

  #drawPlane({ window, frame: target, mask, warp }: MouthPlane, frame: Uint8Array): void {
    const { sprites, weights, knots } = this.#shapes;
    this.#sums.fill(0, 0, window.width * window.height);
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
      const address = this.#sprites.byteOffset + sprite * this.#spriteBytes + window.offset;
      warp.add(address, weight, this.#sums.byteOffset);
    }
    const start =
      target.offset + (this.#top / window.step) * target.width + this.#left / window.step;
    this.#kernel.call.blendWindow(
      this.#sums.byteOffset,
      mask.byteOffset,
      this.#base.byteOffset + start,
      frame.byteOffset + start,
      window.width,
      window.height,
      target.width,
    );
  }
}
