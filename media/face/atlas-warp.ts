/**
 * Motion of the whole picture: displacement fields on a coarse grid, added up and applied as one smooth warp. Turning
 * moves near points further than far ones, because the fields were made from the drawn head's depth.
 */
import { MediaError } from '#media/errors.ts';
import type { FacePack } from './atlas-pack.ts';
import { i420Planes } from './i420.ts';
import type { Plane } from './i420.ts';

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
/** What a source picture needs behind its last plane: one row of chroma and a pixel. */
export const SPARE_BYTES = 1024;

export class WarpLayer {
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
  /** Source positions at the nodes of one line of pixels, and how they change from line to line: 16.16 fixed point. */
  readonly #lineX: Int32Array;
  readonly #lineY: Int32Array;
  readonly #perLineX: Int32Array;
  readonly #perLineY: Int32Array;

  constructor(pack: FacePack) {
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
    if (width / 2 + 2 > SPARE_BYTES) {
      throw new MediaError('FACE_PACK_INVALID', { detail: 'Its picture is too wide.' });
    }
    const nodes = this.#rows * this.#columns;
    this.#forwardX = new Float32Array(nodes);
    this.#forwardY = new Float32Array(nodes);
    this.#backwardX = new Float32Array(nodes);
    this.#backwardY = new Float32Array(nodes);
    this.#firstCell = new Int32Array(this.#rows - 1);
    this.#lastCell = new Int32Array(this.#rows - 1);
    this.#lineX = new Int32Array(this.#columns);
    this.#lineY = new Int32Array(this.#columns);
    this.#perLineX = new Int32Array(this.#columns);
    this.#perLineY = new Int32Array(this.#columns);
  }

  /**
   * Draws `source` displaced by `motion` into `target`; both are whole I420 pictures, and `source` has SPARE_BYTES more
   * behind it: sampling reads one neighbour further than the last pixel, with no weight.
   */
  draw(motion: Motion, source: Uint8Array, target: Uint8Array): void {
    target.set(source.subarray(0, target.length));
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
    const { step, width, offset } = plane;
    const size = this.#cell / step;
    const columns = this.#columns;
    const nodeX = this.#lineX;
    const nodeY = this.#lineY;
    const perLineX = this.#perLineX;
    const perLineY = this.#perLineY;
    const unit = 65536 / step;
    for (let row = 0; row < this.#rows - 1; row++) {
      const first = this.#firstCell[row]!;
      const last = this.#lastCell[row]!;
      if (last < first) continue;
      // Positions at the nodes of this line, 16.16 fixed point: whole numbers only from here on.
      for (let column = first; column <= last + 1; column++) {
        const n = row * columns + column;
        perLineX[column] = ((this.#backwardX[n + columns]! - this.#backwardX[n]!) * unit) / size;
        perLineY[column] = ((this.#backwardY[n + columns]! - this.#backwardY[n]!) * unit) / size;
        nodeX[column] = this.#backwardX[n]! * unit + column * size * 65536 + perLineX[column]! / 2;
        nodeY[column] = this.#backwardY[n]! * unit + row * size * 65536 + perLineY[column]! / 2;
      }
      for (let line = 0; line < size; line++) {
        const at = offset + (row * size + line) * width + first * size;
        drawLine(source, target, nodeX, nodeY, first, last, at, offset, width, size);
        for (let column = first; column <= last + 1; column++) {
          nodeX[column] = nodeX[column]! + perLineX[column]!;
          nodeY[column] = nodeY[column]! + perLineY[column]! + 65536;
        }
      }
    }
  }
}

/**
 * Draws cells `first` to `last` of one line of pixels from `at` on. A small function of its own, because the compiler
 * then keeps everything of the inner loop in registers.
 */
function drawLine(
  source: Uint8Array,
  target: Uint8Array,
  nodeX: Int32Array,
  nodeY: Int32Array,
  first: number,
  last: number,
  at: number,
  offset: number,
  width: number,
  size: number,
): void {
  const shift = 31 - Math.clz32(size);
  let leftX = nodeX[first]!;
  let leftY = nodeY[first]!;
  for (let column = first; column <= last; column++) {
    const rightX = nodeX[column + 1]!;
    const rightY = nodeY[column + 1]!;
    const stepX = (rightX - leftX) >> shift;
    const stepY = (rightY - leftY) >> shift;
    // Pixel centres lie half a step in; the whole half pixel of x is in the position already.
    let px = (leftX + ((stepX - 65536) >> 1)) | 0;
    let py = (leftY + (stepY >> 1)) | 0;
    leftX = rightX;
    leftY = rightY;
    const end = (at + size) | 0;
    for (; at < end; at = (at + 1) | 0) {
      const p = (offset + Math.imul(py >> 16, width) + (px >> 16)) | 0;
      const u = (px >> 8) & 255;
      const a = source[p]!;
      const c = source[p + width]!;
      const upper = ((a << 8) + Math.imul(source[p + 1]! - a, u)) | 0;
      const lower = ((c << 8) + Math.imul(source[p + width + 1]! - c, u)) | 0;
      target[at] = ((upper << 8) + Math.imul(lower - upper, (py >> 8) & 255) + 32768) >> 16;
      px = (px + stepX) | 0;
      py = (py + stepY) | 0;
    }
  }
}
