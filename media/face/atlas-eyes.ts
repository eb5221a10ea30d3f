/**
 * The eyes: lid sprites with holes, eyeballs seen through them. Lids are warped to the landmarks of the wanted blink and
 * squint before they are blended, and eyeballs are shifted to the wanted gaze, so both move smoothly and independently.
 */
import { MediaError } from '#media/errors.ts';
import { addWarpedColumn, ColumnWarp } from './atlas-knots.ts';
import type { FacePack, PackHeader, Window } from './atlas-pack.ts';
import { featherMask, i420Bytes, i420Planes } from './i420.ts';
import type { Plane } from './i420.ts';

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

interface EyePlane {
  window: Plane;
  frame: Plane;
  mask: Uint16Array;
  warp: ColumnWarp;
  /** Where the plane's opacity begins inside a lid sprite. */
  alphaOffset: number;
}

export class EyeLayer {
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
  readonly #knots = new Float32Array(KNOT_NUMBERS);
  readonly #lidSums: Int32Array;
  readonly #alphaSums: Int32Array;
  readonly #columnTop: Float32Array;
  readonly #columnBottom: Float32Array;

  constructor(pack: FacePack, side: 'left' | 'right', base: Uint8Array) {
    const { eyes, width, height } = pack.header;
    this.#header = eyes;
    this.#window = eyes.windows[side === 'left' ? 0 : 1];
    const [left, top, w, h] = this.#window;
    if (left + w > width || top + h > height) {
      throw new MediaError('FACE_PACK_INVALID', { detail: 'An eye lies outside the picture.' });
    }
    const lidCount = eyes.blinks.length * eyes.squints.length;
    this.#ballBytes = i420Bytes(w, h);
    this.#lidBytes = this.#ballBytes + w * h + (w * h) / 4;
    this.#lids = pack.bytes(`${side}Lids`, [lidCount, this.#lidBytes]).data;
    const gazes = eyes.gazeX.length * eyes.gazeY.length;
    this.#balls = pack.bytes(`${side}Eyeballs`, [gazes, this.#ballBytes]).data;
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
    this.#planes = i420Planes(w, h).map((plane, i) => ({
      window: plane,
      frame: frames[i]!,
      mask: featherMask(plane, FEATHER_PX),
      warp: new ColumnWarp(plane.width, EYE_ROWS, plane.step),
      alphaOffset: this.#ballBytes + (plane.step === 1 ? 0 : w * h),
    }));
    this.#lidSums = new Int32Array(w * h);
    this.#alphaSums = new Int32Array(w * h);
    this.#columnTop = new Float32Array(w);
    this.#columnBottom = new Float32Array(w);
  }

  draw(pose: EyePose, frame: Uint8Array): void {
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
      const at = lid * this.#lidBytes;
      const alpha = { ...window, offset: 0 };
      for (let x = 0; x < window.width; x++) {
        const sum = x * window.height;
        addWarpedColumn(
          warp,
          x,
          this.#lids,
          at + window.offset,
          window,
          weight,
          this.#lidSums,
          sum,
        );
        addWarpedColumn(warp, x, this.#lids, at + alphaOffset, alpha, weight, this.#alphaSums, sum);
      }
    }
    // Any warp of this plane knows where the lids are in the target.
    for (let x = 0; x < window.width; x++) {
      this.#columnTop[x] = warp.targetY[x * EYE_ROWS + 1]!;
      this.#columnBottom[x] = warp.targetY[x * EYE_ROWS + 2]!;
    }
  }

  #paint(pose: EyePose, plane: EyePlane, frame: Uint8Array): void {
    const { window, frame: target, mask } = plane;
    const { gazeX, gazeY, pixelsPerRadian, lidShadePixels } = this.#header;
    const [left, top] = this.#window;
    const zero = window.step === 1 ? 16 : 128;
    const [xi, xt] = between(gazeX, pose.gazeX);
    const [yi, yt] = between(gazeY, pose.gazeY);
    const shade = lidShadePixels / window.step;
    const start = target.offset + (top / window.step) * target.width + left / window.step;
    for (let y = 0; y < window.height; y++) {
      const row = start + y * target.width;
      for (let x = 0; x < window.width; x++) {
        const at = x * window.height + y;
        const lid = this.#lidSums[at]! / 65536;
        const open = 1 - this.#alphaSums[at]! / (255 * 65536);
        // Opaque lids hold a value; in the Y plane sprites keep it without its black level.
        let value = window.step === 1 ? lid + 16 : lid;
        if (open > 0.004) {
          const under = Math.min(1, Math.max(0, (y - this.#columnTop[x]!) / shade));
          const over = Math.min(
            1,
            Math.max(0, ((this.#columnBottom[x]! - y) * window.step) / LOWER_SHADE_PX),
          );
          const light =
            (UPPER_SHADE + (1 - UPPER_SHADE) * under * (2 - under)) *
            (LOWER_SHADE + (1 - LOWER_SHADE) * over);
          const scale = pixelsPerRadian / window.step;
          let ball = 0;
          for (let corner = 0; corner < 4; corner++) {
            const gx = xi + (corner & 1);
            const gy = yi + (corner >> 1);
            const weight = (corner & 1 ? xt : 1 - xt) * (corner >> 1 ? yt : 1 - yt);
            if (weight < 0.004) continue;
            const sx = x - (pose.gazeX - gazeX[gx]!) * scale;
            const sy = y + (pose.gazeY - gazeY[gy]!) * scale;
            ball += weight * this.#sampleBall(gy * gazeX.length + gx, window, sx, sy);
          }
          value += (ball - zero) * light * open;
        }
        const base = this.#base[row + x]!;
        const blended = base + ((value - base) * mask[y * window.width + x]!) / 256;
        frame[row + x] = blended < 0 ? 0 : blended > 255 ? 255 : blended + 0.5;
      }
    }
  }

  #sampleBall(index: number, plane: Plane, x: number, y: number): number {
    const px = Math.min(plane.width - 1.001, Math.max(0, x));
    const py = Math.min(plane.height - 1.001, Math.max(0, y));
    const ix = px | 0;
    const iy = py | 0;
    const fx = px - ix;
    const fy = py - iy;
    const at = index * this.#ballBytes + plane.offset + iy * plane.width + ix;
    const upper = this.#balls[at]! * (1 - fx) + this.#balls[at + 1]! * fx;
    const lower =
      this.#balls[at + plane.width]! * (1 - fx) + this.#balls[at + plane.width + 1]! * fx;
    return upper * (1 - fy) + lower * fy;
  }
}
