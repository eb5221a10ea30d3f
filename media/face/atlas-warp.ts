/**
 * Motion of the whole picture: displacement fields on a coarse grid, added up and applied as one smooth warp. Turning
 * moves near points further than far ones, because the fields were made from the drawn head's depth.
 */
import { MediaError } from '#media/errors.ts';
import type { FacePack } from './atlas-pack.ts';
import { i420Planes } from './i420.ts';
import type { Plane } from './i420.ts';
import type { Kernel } from './kernel/kernel.ts';

/** Amounts of each motion, in the unit of its field: degrees for the head, 0..1 or -1..1 for the rest. */
export interface Motion {
  yaw: number;
  pitch: number;
  roll: number;
  breath: number;
  browUp: number;
  browInner: number;
  browAsymmetry: number;
}

const MOTIONS = ['yaw', 'pitch', 'roll', 'breath', 'browUp', 'browInner', 'browAsymmetry'] as const;
/** Displacements under 1/64 px are invisible: their cells are copied. */
const STILL_PX = 1 / 64;
const INVERSION_STEPS = 2;

export class WarpLayer {
  readonly #kernel: Kernel;
  readonly #fields: Int16Array;
  readonly #scale: number;
  readonly #cell: number;
  readonly #columns: number;
  readonly #rows: number;
  readonly #width: number;
  readonly #height: number;
  readonly #planes: readonly Plane[];
  /** Displacement of the source at each node, then the same seen from the target. */
  readonly #forwardX: Float32Array;
  readonly #forwardY: Float32Array;
  readonly #backwardX: Float32Array;
  readonly #backwardY: Float32Array;
  /** First and last moving cell of each row of cells; first > last where none moves. */
  readonly #firstCell: Int32Array;
  readonly #lastCell: Int32Array;

  constructor(kernel: Kernel, pack: FacePack) {
    this.#kernel = kernel;
    const { width, height, warp } = pack.header;
    if (
      warp.fields.join() !== MOTIONS.join() ||
      width % warp.cell !== 0 ||
      height % warp.cell !== 0
    ) {
      throw new MediaError('FACE_PACK_INVALID', {
        detail: 'Its motions are described in other terms.',
      });
    }
    this.#cell = warp.cell;
    this.#columns = width / warp.cell + 1;
    this.#rows = height / warp.cell + 1;
    this.#width = width;
    this.#height = height;
    this.#scale = warp.scale;
    this.#fields = pack.int16('fields', [MOTIONS.length, this.#rows, this.#columns, 2]).data;
    this.#planes = i420Planes(width, height);
    const nodes = this.#rows * this.#columns;
    this.#forwardX = new Float32Array(nodes);
    this.#forwardY = new Float32Array(nodes);
    this.#backwardX = kernel.allocate(Float32Array, nodes);
    this.#backwardY = kernel.allocate(Float32Array, nodes);
    this.#firstCell = kernel.allocate(Int32Array, this.#rows - 1);
    this.#lastCell = kernel.allocate(Int32Array, this.#rows - 1);
  }

  /** Draws `source` displaced by `motion` into `target`: whole I420 pictures in the kernel's memory. */
  draw(motion: Motion, source: Uint8Array, target: Uint8Array): void {
    target.set(source);
    if (!this.#sumFields(motion)) return;
    this.#invert();
    this.#findMovingCells();
    for (const plane of this.#planes) this.#resample(plane, source, target);
  }

  #sumFields(motion: Motion): boolean {
    const nodes = this.#rows * this.#columns;
    const x = this.#forwardX.fill(0);
    const y = this.#forwardY.fill(0);
    let moves = false;
    MOTIONS.forEach((name, f) => {
      const amount = motion[name] * this.#scale;
      if (amount === 0) return;
      moves = true;
      const field = f * nodes * 2;
      for (let n = 0; n < nodes; n++) {
        x[n] = x[n]! + amount * this.#fields[field + 2 * n]!;
        y[n] = y[n]! + amount * this.#fields[field + 2 * n + 1]!;
      }
    });
    return moves;
  }

  /** Finds, for each node of the target, where its picture comes from: p with p + forward(p) = node. */
  #invert(): void {
    const { cell } = { cell: this.#cell };
    const columns = this.#columns;
    const fx = this.#forwardX;
    const fy = this.#forwardY;
    const maxColumn = columns - 1.001;
    const maxRow = this.#rows - 1.001;
    for (let row = 0, n = 0; row < this.#rows; row++) {
      for (let column = 0; column < columns; column++, n++) {
        let dx = fx[n]!;
        let dy = fy[n]!;
        if (Math.abs(dx) + Math.abs(dy) < STILL_PX / 4) {
          this.#backwardX[n] = 0;
          this.#backwardY[n] = 0;
          continue;
        }
        for (let i = 0; i < INVERSION_STEPS; i++) {
          const u = Math.min(maxColumn, Math.max(0, column - dx / cell));
          const v = Math.min(maxRow, Math.max(0, row - dy / cell));
          const iu = u | 0;
          const iv = v | 0;
          const s = u - iu;
          const t = v - iv;
          const a = iv * columns + iu;
          const b = a + columns;
          dx =
            (fx[a]! * (1 - s) + fx[a + 1]! * s) * (1 - t) + (fx[b]! * (1 - s) + fx[b + 1]! * s) * t;
          dy =
            (fy[a]! * (1 - s) + fy[a + 1]! * s) * (1 - t) + (fy[b]! * (1 - s) + fy[b + 1]! * s) * t;
        }
        // Sources stay inside the picture, so that sampling needs no further checks.
        const x = column * cell;
        const y = row * cell;
        this.#backwardX[n] = Math.min(Math.max(this.#width - 1, x), Math.max(0, x - dx)) - x;
        this.#backwardY[n] = Math.min(Math.max(this.#height - 1, y), Math.max(0, y - dy)) - y;
      }
    }
  }

  #findMovingCells(): void {
    const columns = this.#columns;
    const moves = (n: number) =>
      Math.abs(this.#backwardX[n]!) > STILL_PX || Math.abs(this.#backwardY[n]!) > STILL_PX;
    for (let row = 0; row < this.#rows - 1; row++) {
      let first = columns;
      let last = -1;
      for (let column = 0; column < columns; column++) {
        const n = row * columns + column;
        if (!moves(n) && !moves(n + columns)) continue;
        first = Math.min(first, column - 1);
        last = Math.max(last, column);
      }
      this.#firstCell[row] = Math.max(0, first);
      this.#lastCell[row] = Math.min(columns - 2, last);
    }
  }

  #resample(plane: Plane, source: Uint8Array, target: Uint8Array): void {
    this.#kernel.call.warpPlane(
      source.byteOffset + plane.offset,
      target.byteOffset + plane.offset,
      this.#backwardX.byteOffset,
      this.#backwardY.byteOffset,
      this.#firstCell.byteOffset,
      this.#lastCell.byteOffset,
      plane.width,
      this.#cell,
      plane.step,
      this.#rows - 1,
      this.#columns,
    );
  }
}
