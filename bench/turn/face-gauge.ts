/** Reads a decoded picture of a known face: how wide its mouth stands open, and how much the rest of it moved. */
import type { FaceRenderer } from '#media/ports.ts';
import { NEUTRAL_MOUTH, NEUTRAL_POSE, type FacePose } from '#media/face/pose.ts';

export interface FaceReading {
  /** 0 as shut as the drawn neutral face, about 1 as open as its `jawOpen` 0.5. */
  gap: number;
  /** Mean change of brightness since the picture before, outside eyes and mouth; 0 for the first picture. */
  change: number;
}

/** A pixel takes part when the compared drawings differ by this much there; codec noise stays below. */
const DIFFERS = 12;
/** Blinks and the mouth are kept out of the motion with this margin, because the head moves them. */
const MARGIN_PX = 14;
/** Every third pixel in both directions: motion of a face is never smaller. */
const MOTION_STEP_PX = 3;

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** What to look at, learnt from the face's own drawings; shared by every reader of that face. */
export class FaceGauge {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly #mouthPixels: Uint32Array;
  readonly #mouthWeights: Float32Array;
  readonly #shutSum: number;
  readonly #motionPixels: Uint32Array;

  constructor(face: FaceRenderer) {
    this.widthPx = face.widthPx;
    this.heightPx = face.heightPx;
    const draw = (pose: Partial<FacePose>): Uint8Array => {
      const frame = new Uint8Array((face.widthPx * face.heightPx * 3) / 2);
      face.render({ ...NEUTRAL_POSE, ...pose }, frame);
      return frame.slice(0, face.widthPx * face.heightPx);
    };
    const shut = draw({});
    const open = draw({ mouth: { ...NEUTRAL_MOUTH, jawOpen: 0.5 } });
    const mouth = this.#differing(shut, open);
    this.#mouthPixels = Uint32Array.from(mouth);
    this.#mouthWeights = new Float32Array(mouth.length);
    let energy = 0;
    mouth.forEach((pixel, index) => {
      const weight = open[pixel]! - shut[pixel]!;
      this.#mouthWeights[index] = weight;
      energy += weight * weight;
    });
    let shutSum = 0;
    mouth.forEach((pixel, index) => {
      this.#mouthWeights[index] = this.#mouthWeights[index]! / energy;
      shutSum += this.#mouthWeights[index]! * shut[pixel]!;
    });
    this.#shutSum = shutSum;

    const kept = [
      this.#differing(shut, draw({ head: { yawDeg: 0, pitchDeg: -2.4, rollDeg: 0 } })),
      this.#differing(
        shut,
        draw({ expression: { ...NEUTRAL_POSE.expression, browUp: 0.4, browInnerUp: 0.3 } }),
      ),
    ].flat();
    const left = [this.#box(mouth), this.#box(this.#differing(shut, draw({ blink: 1 })))].map(
      (box) => widened(box, MARGIN_PX),
    );
    this.#motionPixels = Uint32Array.from(
      [...new Set(kept)].filter((pixel) => {
        const x = pixel % this.widthPx;
        const y = Math.floor(pixel / this.widthPx);
        const onGrid = x % MOTION_STEP_PX === 0 && y % MOTION_STEP_PX === 0;
        return onGrid && !left.some((box) => within(box, x, y));
      }),
    );
  }

  /** A reader of one video track; it remembers the picture before. */
  reader(): FaceReader {
    return new FaceReader(this.#mouthPixels, this.#mouthWeights, this.#shutSum, this.#motionPixels);
  }

  #differing(a: Uint8Array, b: Uint8Array): number[] {
    const pixels: number[] = [];
    for (let pixel = 0; pixel < a.length; pixel += 1) {
      if (Math.abs(a[pixel]! - b[pixel]!) > DIFFERS) {
        pixels.push(pixel);
      }
    }
    return pixels;
  }

  #box(pixels: readonly number[]): Box {
    const box = { left: this.widthPx, right: 0, top: this.heightPx, bottom: 0 };
    for (const pixel of pixels) {
      const x = pixel % this.widthPx;
      const y = Math.floor(pixel / this.widthPx);
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
    }
    return box;
  }
}

export class FaceReader {
  readonly #mouthPixels: Uint32Array;
  readonly #mouthWeights: Float32Array;
  readonly #shutSum: number;
  readonly #motionPixels: Uint32Array;
  readonly #before: Uint8Array;
  #first = true;

  constructor(
    mouthPixels: Uint32Array,
    mouthWeights: Float32Array,
    shutSum: number,
    motionPixels: Uint32Array,
  ) {
    this.#mouthPixels = mouthPixels;
    this.#mouthWeights = mouthWeights;
    this.#shutSum = shutSum;
    this.#motionPixels = motionPixels;
    this.#before = new Uint8Array(motionPixels.length);
  }

  /** `luma` is the Y plane of a picture of the gauge's size. */
  read(luma: Uint8Array): FaceReading {
    let gap = -this.#shutSum;
    for (let index = 0; index < this.#mouthPixels.length; index += 1) {
      gap += this.#mouthWeights[index]! * luma[this.#mouthPixels[index]!]!;
    }
    let change = 0;
    for (let index = 0; index < this.#motionPixels.length; index += 1) {
      const now = luma[this.#motionPixels[index]!]!;
      change += Math.abs(now - this.#before[index]!);
      this.#before[index] = now;
    }
    const first = this.#first;
    this.#first = false;
    return { gap, change: first ? 0 : change / Math.max(1, this.#motionPixels.length) };
  }
}

function widened(box: Box, byPx: number): Box {
  return {
    left: box.left - byPx,
    right: box.right + byPx,
    top: box.top - byPx,
    bottom: box.bottom + byPx,
  };
}

function within(box: Box, x: number, y: number): boolean {
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}
