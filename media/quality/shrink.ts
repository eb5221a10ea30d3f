/** Makes I420 pictures smaller by an area average: exact for the scales of the ladder, and cheap. */
import type { PictureScale } from './ladder.ts';

export interface PictureSize {
  widthPx: number;
  heightPx: number;
}

/** Size of a picture at a scale. Both sides stay even, as I420 needs, for sides that are multiples of 8. */
export function scaledSize(
  size: PictureSize,
  { numerator, denominator }: PictureScale,
): PictureSize {
  return {
    widthPx: (size.widthPx * numerator) / denominator,
    heightPx: (size.heightPx * numerator) / denominator,
  };
}

/** Whether pictures of this size can be made smaller to that scale: whole blocks on every plane. */
export function shrinks(
  { widthPx, heightPx }: PictureSize,
  { denominator }: PictureScale,
): boolean {
  return widthPx % (2 * denominator) === 0 && heightPx % (2 * denominator) === 0;
}

/** Holds one smaller picture, which each call overwrites. */
export class PictureShrinker {
  readonly size: PictureSize;
  readonly #from: PictureSize;
  readonly #plane: typeof halve;
  readonly #picture: Uint8Array;

  /** Throws RangeError for a scale or size it cannot do. */
  constructor(from: PictureSize, scale: PictureScale) {
    const plane = PLANES.get(`${String(scale.numerator)}/${String(scale.denominator)}`);
    if (plane === undefined || !shrinks(from, scale)) {
      throw new RangeError(
        `No picture of ${String(from.widthPx)}×${String(from.heightPx)} at ${String(scale.numerator)}/${String(scale.denominator)}.`,
      );
    }
    this.#from = from;
    this.#plane = plane;
    this.size = scaledSize(from, scale);
    this.#picture = new Uint8Array((this.size.widthPx * this.size.heightPx * 3) / 2);
  }

  /** The smaller picture, valid until the next call. It owns its whole ArrayBuffer. */
  shrink(frame: Uint8Array): Uint8Array {
    const { widthPx, heightPx } = this.#from;
    const to = this.#picture;
    const luma = widthPx * heightPx;
    const smallLuma = this.size.widthPx * this.size.heightPx;
    this.#plane(frame, 0, widthPx, heightPx, to, 0);
    this.#plane(frame, luma, widthPx / 2, heightPx / 2, to, smallLuma);
    this.#plane(frame, luma * 1.25, widthPx / 2, heightPx / 2, to, smallLuma * 1.25);
    return to;
  }
}

/** Two by two samples become one. */
function halve(
  from: Uint8Array,
  start: number,
  width: number,
  height: number,
  to: Uint8Array,
  at: number,
): void {
  for (let y = 0; y < height; y += 2) {
    let upper = start + y * width;
    const end = upper + width;
    for (; upper < end; upper += 2) {
      const lower = upper + width;
      to[at++] = (from[upper]! + from[upper + 1]! + from[lower]! + from[lower + 1]! + 2) >> 2;
    }
  }
}

/** Four by four samples become three by three: along a line the first takes 3 : 1, the second 2 : 2, the third 1 : 3. */
function threeQuarters(
  from: Uint8Array,
  start: number,
  width: number,
  height: number,
  to: Uint8Array,
  at: number,
): void {
  for (let y = 0; y < height; y += 4) {
    for (let line = 0; line < 3; line += 1) {
      let upper = start + (y + line) * width;
      const lowerBy = width;
      const [above, below] = line === 0 ? [3, 1] : line === 1 ? [2, 2] : [1, 3];
      for (const end = upper + width; upper < end; upper += 4) {
        const a = above * from[upper]! + below * from[upper + lowerBy]!;
        const b = above * from[upper + 1]! + below * from[upper + lowerBy + 1]!;
        const c = above * from[upper + 2]! + below * from[upper + lowerBy + 2]!;
        const d = above * from[upper + 3]! + below * from[upper + lowerBy + 3]!;
        to[at++] = (3 * a + b + 8) >> 4;
        to[at++] = (2 * (b + c) + 8) >> 4;
        to[at++] = (c + 3 * d + 8) >> 4;
      }
    }
  }
}

/** Four by four samples become one. */
function quarter(
  from: Uint8Array,
  start: number,
  width: number,
  height: number,
  to: Uint8Array,
  at: number,
): void {
  for (let y = 0; y < height; y += 4) {
    for (let x = 0; x < width; x += 4) {
      let sum = 8;
      for (let line = 0; line < 4; line += 1) {
        const first = start + (y + line) * width + x;
        sum += from[first]! + from[first + 1]! + from[first + 2]! + from[first + 3]!;
      }
      to[at++] = sum >> 4;
    }
  }
}

const PLANES: ReadonlyMap<string, typeof halve> = new Map([
  ['1/4', quarter],
  ['1/2', halve],
  ['3/4', threeQuarters],
]);
