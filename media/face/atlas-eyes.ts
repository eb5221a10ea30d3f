/**
 * The eyes: lid sprites with holes, eyeballs seen through them. Lids are warped to the landmarks of the wanted blink and
 * squint before they are blended, and eyeballs are shifted to the wanted gaze, so both move smoothly and independently.
 */
import { MediaError } from '#media/errors.ts';
import { ColumnWarp } from './atlas-knots.ts';
import type { FacePack, PackHeader, Window } from './atlas-pack.ts';
import { fillFeatherMask, i420Bytes, i420Planes } from './i420.ts';
import type { Plane } from './i420.ts';
import type { Kernel } from './kernel/kernel.ts';

const EYE_COLUMNS = 11;
const EYE_ROWS = 4;
const KNOT_NUMBERS = EYE_COLUMNS * (EYE_ROWS + 1);
const FEATHER_PX = 6;
/** Display brightness of the eyeball directly under the upper lid, and just above the lower one. */
const UPPER_SHADE = 0.42;
const LOWER_SHADE = 0.86;
const LOWER_SHADE_PX = 4;

/** How the lids and eyeballs stand; both eyes the same. */
export interface EyePose {
  /** Lids: -0.2 wide .. 0 rest .. 1 shut. */
  blink: number;
  /** 0..1: the lower lid rises. */
  squint: number;
  /** Radians towards the picture's right and up. */
  gazeX: number;
  gazeY: number;
}

/** Where a value lies on an ascending scale: the lower index and the share of the next one. */
function between(scale: readonly number[], value: number): [number, number] {
  const last = scale.length - 2;
  let i = 0;
  while (i < last && value >= scale[i + 1]!) i++;
  const t = (value - scale[i]!) / (scale[i + 1]! - scale[i]!);
  return [i, Math.min(1, Math.max(0, t))];
}

/** Keeps to the nearer of two eyeballs and changes over in the middle: reflections of both at once look like a grid. */
function mostlyOne(share: number): number {
  const t = Math.min(1, Math.max(0, (share - 0.3) / 0.4));
  return t * t * (3 - 2 * t);
}

/** Where the members of the kernel's Eye structure lie, in words of four bytes. */
const WORD = {
  base: 3,
  frame: 4,
  lidTop: 5,
  size: 7,
  ball: 11,
  ballX: 15,
  ballY: 19,
  ballWeight: 23,
  black: 27,
} as const;
const EYE_WORDS = 32;

interface EyePlane {
  window: Plane;
  frame: Plane;
  warp: ColumnWarp;
  /** The structure that the kernel's paintEye reads, as whole numbers and as fractions. */
  words: Int32Array;
  fractions: Float32Array;
  /** Where the plane's opacity begins inside a lid sprite. */
  alphaOffset: number;
}

export class EyeLayer {
  readonly #kernel: Kernel;
  readonly #header: PackHeader['eyes'];
  readonly #window: Window;
  readonly #lids: Uint8Array;
  readonly #lidBytes: number;
  readonly #balls: Uint8Array;
  readonly #ballBytes: number;
  readonly #lidKnots: Float32Array;
  readonly #table: Float32Array;
  readonly #tableSteps: readonly [readonly number[], readonly number[]];
  readonly #base: Uint8Array;
  readonly #planes: readonly EyePlane[];
  readonly #latest: EyePose = { blink: Number.NaN, squint: 0, gazeX: 0, gazeY: 0 };
  readonly #knots = new Float32Array(KNOT_NUMBERS);
  readonly #lidSums: Int32Array;
  readonly #alphaSums: Int32Array;
  readonly #columnTop: Float32Array;
  readonly #columnBottom: Float32Array;

  constructor(kernel: Kernel, pack: FacePack, side: 'left' | 'right', base: Uint8Array) {
    const { eyes, width, height } = pack.header;
    this.#kernel = kernel;
    this.#header = eyes;
    this.#window = eyes.windows[side === 'left' ? 0 : 1];
    const [left, top, w, h] = this.#window;
    if (left + w > width || top + h > height) {
      throw new MediaError('FACE_PACK_INVALID', { detail: 'An eye lies outside the picture.' });
    }
    const copied = (data: Uint8Array) => {
      const copy = kernel.allocate(Uint8Array, data.length);
      copy.set(data);
      return copy;
    };
    const lidCount = eyes.blinks.length * eyes.squints.length;
    this.#ballBytes = i420Bytes(w, h);
    this.#lidBytes = this.#ballBytes + w * h + (w * h) / 4;
    this.#lids = copied(pack.bytes(`${side}Lids`, [lidCount, this.#lidBytes]).data);
    const gazes = eyes.gazeX.length * eyes.gazeY.length;
    this.#balls = copied(pack.bytes(`${side}Eyeballs`, [gazes, this.#ballBytes]).data);
    this.#lidKnots = pack.float32(`${side}LidKnots`, [lidCount, EYE_COLUMNS, EYE_ROWS + 1]).data;
    const table = pack.float32(`${side}LidTable`, [null, null, EYE_COLUMNS, EYE_ROWS + 1]);
    this.#table = table.data;
    const steps = (count: number, from: number, to: number) =>
      Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
    this.#tableSteps = [
      steps(table.shape[0]!, eyes.blinks[0]!, 1),
      steps(table.shape[1]!, eyes.squints[0]!, 1),
    ];
    this.#base = base;
    const frames = i420Planes(width, height);
    this.#lidSums = kernel.allocate(Int32Array, w * h);
    this.#alphaSums = kernel.allocate(Int32Array, w * h);
    this.#columnTop = kernel.allocate(Float32Array, w);
    this.#columnBottom = kernel.allocate(Float32Array, w);
    this.#planes = i420Planes(w, h).map((window, i) => {
      const mask = kernel.allocate(Uint16Array, window.width * window.height);
      fillFeatherMask(mask, window, FEATHER_PX);
      const words = kernel.allocate(Int32Array, EYE_WORDS);
      const fractions = new Float32Array(words.buffer, words.byteOffset, EYE_WORDS);
      const { step } = window;
      words.set([this.#lidSums.byteOffset, this.#alphaSums.byteOffset, mask.byteOffset], 0);
      words.set([this.#columnTop.byteOffset, this.#columnBottom.byteOffset], WORD.lidTop);
      words.set([window.width, window.height, frames[i]!.width, step], WORD.size);
      const black = step === 1 ? 16 : 128;
      fractions.set(
        [black, eyes.lidShadePixels / step, UPPER_SHADE, LOWER_SHADE_PX / step, LOWER_SHADE],
        WORD.black,
      );
      const alphaOffset = this.#ballBytes + (step === 1 ? 0 : w * h);
      const warp = new ColumnWarp(kernel, window, EYE_ROWS);
      return { window, frame: frames[i]!, warp, words, fractions, alphaOffset };
    });
  }

  /** Draws the eye's window into `frame`, a picture in the kernel's memory that otherwise holds the base. */
  draw(pose: EyePose, frame: Uint8Array): void {
    const latest = this.#latest;
    const { blink, squint, gazeX, gazeY } = pose;
    if (
      blink === latest.blink &&
      squint === latest.squint &&
      gazeX === latest.gazeX &&
      gazeY === latest.gazeY
    ) {
      return; // the window already shows this eye
    }
    Object.assign(latest, pose);
    this.#interpolateKnots(pose);
    for (const plane of this.#planes) {
      this.#gatherLids(pose, plane);
      this.#paint(pose, plane, frame);
    }
  }

  #interpolateKnots(pose: EyePose): void {
    const [blinks, squints] = this.#tableSteps;
    const [bi, bt] = between(blinks, pose.blink);
    const [si, st] = between(squints, pose.squint);
    const row = squints.length * KNOT_NUMBERS;
    for (let k = 0; k < KNOT_NUMBERS; k++) {
      const at = bi * row + si * KNOT_NUMBERS + k;
      const here = this.#table[at]! * (1 - st) + this.#table[at + KNOT_NUMBERS]! * st;
      const next = this.#table[at + row]! * (1 - st) + this.#table[at + row + KNOT_NUMBERS]! * st;
      this.#knots[k] = here * (1 - bt) + next * bt;
    }
  }

  /** Sums the nearest lid sprites, premultiplied by their opacity, and their opacities. */
  #gatherLids(pose: EyePose, plane: EyePlane): void {
    const { window, warp, alphaOffset } = plane;
    const { blinks, squints } = this.#header;
    const [left, top] = this.#window;
    const [bi, bt] = between(blinks, pose.blink);
    const [si, st] = between(squints, pose.squint);
    const size = window.width * window.height;
    this.#lidSums.fill(0, 0, size);
    this.#alphaSums.fill(0, 0, size);
    let remaining = 256;
    for (let corner = 3; corner >= 0; corner--) {
      const share = (corner & 2 ? bt : 1 - bt) * (corner & 1 ? st : 1 - st);
      const weight = corner === 0 ? remaining : Math.round(share * 256);
      remaining -= weight;
      if (weight <= 0) continue;
      const lid = (bi + (corner >> 1)) * squints.length + si + (corner & 1);
      warp.set(this.#knots, 0, this.#lidKnots, lid * KNOT_NUMBERS, EYE_COLUMNS, left, top);
      const at = this.#lids.byteOffset + lid * this.#lidBytes;
      warp.add(at + window.offset, weight, this.#lidSums.byteOffset);
      warp.add(at + alphaOffset, weight, this.#alphaSums.byteOffset);
    }
    // Any warp of this plane knows where the lids are in the target.
    for (let x = 0; x < window.width; x++) {
      this.#columnTop[x] = warp.targetY[x * EYE_ROWS + 1]!;
      this.#columnBottom[x] = warp.targetY[x * EYE_ROWS + 2]!;
    }
  }

  #paint(pose: EyePose, plane: EyePlane, frame: Uint8Array): void {
    const { window, frame: target, words, fractions } = plane;
    const { gazeX, gazeY, pixelsPerRadian } = this.#header;
    const [left, top] = this.#window;
    const [xi, xShare] = between(gazeX, pose.gazeX);
    const [yi, yShare] = between(gazeY, pose.gazeY);
    const xt = mostlyOne(xShare);
    const yt = mostlyOne(yShare);
    const start = target.offset + (top / window.step) * target.width + left / window.step;
    words[WORD.base] = this.#base.byteOffset + start;
    words[WORD.frame] = frame.byteOffset + start;
    const scale = pixelsPerRadian / window.step;
    for (let corner = 0; corner < 4; corner++) {
      const gx = xi + (corner & 1);
      const gy = yi + (corner >> 1);
      const ball = this.#balls.byteOffset + (gy * gazeX.length + gx) * this.#ballBytes;
      words[WORD.ball + corner] = ball + window.offset;
      fractions[WORD.ballX + corner] = (gazeX[gx]! - pose.gazeX) * scale;
      fractions[WORD.ballY + corner] = (pose.gazeY - gazeY[gy]!) * scale;
      fractions[WORD.ballWeight + corner] =
        (corner & 1 ? xt : 1 - xt) * (corner >> 1 ? yt : 1 - yt);
    }
    this.#kernel.call.paintEye(words.byteOffset);
  }
}
