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
/** Displacements under 1/32 px are invisible: their cells are copied. */
const STILL_PX = 1 / 32;

export class WarpLayer {
  readonly #kernel: Kernel;
  readonly #fields: Int16Array;
  readonly #amounts: Float32Array;
  readonly #scale: number;
  readonly #cell: number;
  readonly #columns: number;
  readonly #rows: number;
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
    const { width, height, warp } = pack.header;
    // The kernel draws four samples at a time, and a cell of chroma is half as wide as one of luma.
    const fits = warp.cell % 8 === 0 && width % warp.cell === 0 && height % warp.cell === 0;
    if (warp.fields.join() !== MOTIONS.join() || !fits) {
      throw new MediaError('FACE_PACK_INVALID', {
        detail: 'Its motions are described in other terms.',
      });
    }
    this.#kernel = kernel;
    this.#cell = warp.cell;
    this.#columns = width / warp.cell + 1;
    this.#rows = height / warp.cell + 1;
    this.#scale = warp.scale;
    const shape = [MOTIONS.length, this.#rows, this.#columns, 2];
    const fields = pack.int16('fields', shape).data;
    this.#fields = kernel.allocate(Int16Array, fields.length);
    this.#fields.set(fields);
    this.#amounts = kernel.allocate(Float32Array, MOTIONS.length);
    this.#planes = i420Planes(width, height);
    const nodes = this.#rows * this.#columns;
    this.#forwardX = kernel.allocate(Float32Array, nodes);
    this.#forwardY = kernel.allocate(Float32Array, nodes);
    this.#backwardX = kernel.allocate(Float32Array, nodes);
    this.#backwardY = kernel.allocate(Float32Array, nodes);
    this.#firstCell = kernel.allocate(Int32Array, this.#rows - 1);
    this.#lastCell = kernel.allocate(Int32Array, this.#rows - 1);
  }

  /** Draws `source` displaced by `motion` into `target`: whole I420 pictures in the kernel's memory. */
  draw(motion: Motion, source: Uint8Array, target: Uint8Array): void {
    target.set(source);
    MOTIONS.forEach((name, i) => {
      this.#amounts[i] = motion[name] * this.#scale;
    });
    if (this.#amounts.every((amount) => amount === 0)) return;
    const { call } = this.#kernel;
    const forwardX = this.#forwardX.byteOffset;
    const forwardY = this.#forwardY.byteOffset;
    const backX = this.#backwardX.byteOffset;
    const backY = this.#backwardY.byteOffset;
    const first = this.#firstCell.byteOffset;
    const last = this.#lastCell.byteOffset;
    const rows = this.#rows;
    const columns = this.#columns;
    const cell = this.#cell;
    const amounts = this.#amounts.byteOffset;
    const nodes = rows * columns;
    call.sumFields(this.#fields.byteOffset, amounts, MOTIONS.length, nodes, forwardX, forwardY);
    call.invertFields(forwardX, forwardY, backX, backY, first, last, rows, columns, cell, STILL_PX);
    for (const { offset, width, step } of this.#planes) {
      const from = source.byteOffset + offset;
      const to = target.byteOffset + offset;
      call.warpPlane(from, to, backX, backY, first, last, width, cell, step, rows - 1, columns);
    }
  }
}
