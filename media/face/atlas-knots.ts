/**
 * Knots: landmarks in columns. A column has one x and a stack of y from top to bottom. Two sets of knots define a warp
 * from one picture to another: columns map to columns, and within a column rows map to rows, piecewise linearly.
 */
import type { Plane } from './i420.ts';

/** Where the columns of a warp lie for each pixel column of a plane. Positions are in samples of that plane. */
export class ColumnWarp {
  /** For each pixel column: position in the source, 16.16 fixed point. */
  readonly sourceX: Int32Array;
  /** For each pixel column and row: y in the target. */
  readonly targetY: Float32Array;
  /** For each pixel column and row: y in the source. */
  readonly sourceY: Float32Array;
  readonly rows: number;
  readonly #width: number;
  readonly #step: number;

  constructor(width: number, rows: number, step: 1 | 2) {
    this.#width = width;
    this.#step = step;
    this.rows = rows;
    this.sourceX = new Int32Array(width);
    this.targetY = new Float32Array(width * rows);
    this.sourceY = new Float32Array(width * rows);
  }

  /**
   * Sets the warp from `target` to `source` knots: `columns` times (x, y0, y1, ...), in full-frame pixels, starting at
   * the given index of each array. `left` and `top` are the window's corner.
   */
  set(
    target: Float32Array,
    targetAt: number,
    source: Float32Array,
    sourceAt: number,
    columns: number,
    left: number,
    top: number,
  ): void {
    const stride = this.rows + 1;
    const step = this.#step;
    const scale = 1 / step;
    let column = 0;
    for (let i = 0; i < this.#width; i++) {
      const x = left + (i + 0.5) * step;
      while (column < columns - 2 && target[targetAt + (column + 1) * stride]! <= x) column++;
      const a = targetAt + column * stride;
      const b = a + stride;
      const sa = sourceAt + column * stride;
      const sb = sa + stride;
      const span = target[b]! - target[a]!;
      const t = span > 1e-3 ? Math.min(1, Math.max(0, (x - target[a]!) / span)) : 0;
      const sx = (source[sa]! + (source[sb]! - source[sa]!) * t - left) * scale - 0.5;
      this.sourceX[i] = Math.max(0, Math.min(this.#width - 1.001, sx)) * 65536;
      const at = i * this.rows;
      for (let r = 0; r < this.rows; r++) {
        const ty = target[a + 1 + r]! + (target[b + 1 + r]! - target[a + 1 + r]!) * t;
        const sy = source[sa + 1 + r]! + (source[sb + 1 + r]! - source[sa + 1 + r]!) * t;
        this.targetY[at + r] = (ty - top) * scale - 0.5;
        this.sourceY[at + r] = (sy - top) * scale - 0.5;
      }
    }
  }
}

/**
 * Samples one column of a warped sprite plane and adds it, times `weight` (0..256), to `sums` from `sumsAt` on, which
 * then hold
 * values times 65536. Bilinear; positions outside the plane take its edge.
 */
export function addWarpedColumn(
  warp: ColumnWarp,
  column: number,
  sprite: Uint8Array,
  offset: number,
  plane: Plane,
  weight: number,
  sums: Int32Array,
  sumsAt: number,
): void {
  const { width, height } = plane;
  const x = warp.sourceX[column]!;
  const ix = x >> 16;
  const fx = (x >> 8) & 255;
  const gx = 256 - fx;
  const base = offset + ix;
  const rows = warp.rows;
  const at = column * rows;
  const limit = (height - 1) * 65536 - 1;
  let y = 0;
  for (let r = 0; r < rows - 1 && y < height; r++) {
    const t0 = warp.targetY[at + r]!;
    const t1 = warp.targetY[at + r + 1]!;
    const last = r === rows - 2 ? height - 1 : Math.min(height - 1, Math.floor(t1));
    if (last < y) continue;
    const s0 = warp.sourceY[at + r]!;
    const span = t1 - t0;
    const slope = span > 1e-3 ? (warp.sourceY[at + r + 1]! - s0) / span : 0;
    const delta = (slope * 65536) | 0;
    let position = ((s0 + (y - t0) * slope) * 65536) | 0;
    for (; y <= last; y++) {
      const p = position < 0 ? 0 : position > limit ? limit : position;
      const i = base + (p >> 16) * width;
      const fy = (p >> 8) & 255;
      const upper = sprite[i]! * gx + sprite[i + 1]! * fx;
      const lower = sprite[i + width]! * gx + sprite[i + width + 1]! * fx;
      sums[sumsAt + y] =
        sums[sumsAt + y]! + ((upper * (256 - fy) + lower * fy + 128) >> 8) * weight;
      position += delta;
    }
  }
}
