/**
 * Knots: landmarks in columns. A column has one x and a stack of y from top to bottom. Two sets of knots define a warp
 * from one picture to another: columns map to columns, and within a column rows map to rows, piecewise linearly.
 */
import type { Kernel } from './kernel/kernel.ts';
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
  readonly #kernel: Kernel;
  readonly #plane: Plane;
  readonly #width: number;
  readonly #step: number;

  constructor(kernel: Kernel, plane: Plane, rows: number) {
    this.#kernel = kernel;
    this.#plane = plane;
    this.#width = plane.width;
    this.#step = plane.step;
    this.rows = rows;
    this.sourceX = kernel.allocate(Int32Array, plane.width);
    this.targetY = kernel.allocate(Float32Array, plane.width * rows);
    this.sourceY = kernel.allocate(Float32Array, plane.width * rows);
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

  /**
   * Adds a warped sprite plane, which starts at address `sprite`, times `weight` (0..256) to the sums at address `sums`.
   * Sums hold values times 65536, column after column. Positions outside the plane take its edge.
   */
  add(sprite: number, weight: number, sums: number): void {
    this.#kernel.call.addSprite(
      this.sourceX.byteOffset,
      this.targetY.byteOffset,
      this.sourceY.byteOffset,
      this.rows,
      sprite,
      this.#width,
      this.#plane.height,
      weight,
      sums,
    );
  }
}
