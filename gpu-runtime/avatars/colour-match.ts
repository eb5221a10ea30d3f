/**
 * How far the decoder's colours are from the video's around the mouth, measured at rest: a coarse field of differences per
 * picture, which the compositor adds. Lips and what moves with them are left out of the measure.
 */
import { COLOUR_CELL, colourGrid } from '#media/face/neural/patch-compositor.ts';
import { i420Planes, type Plane } from '#media/face/i420.ts';
import type { AvatarManifest } from '#media/face/neural/avatar-manifest.ts';

/** The lips, as shares of the mask's ellipse. */
const LIPS = { x: 0.62, y: 0.5, up: 0.3 };
/** Rounds of smoothing between cells, and pictures to either side that are averaged. */
const SMOOTHING_ROUNDS = 3;
const NEIGHBOURS = 3;

/** `video`: the patch's part of the template; `decoded`: the patch at rest. Both I420 of the patch's size. */
export function colourField(
  video: Uint8Array,
  decoded: Uint8Array,
  manifest: AvatarManifest,
): Float32Array {
  const { patch } = manifest;
  const { columns, rows } = colourGrid(patch);
  const field = new Float32Array(columns * rows * 3);
  i420Planes(patch.width, patch.height).forEach((plane, index) => {
    const part = field.subarray(index * columns * rows, (index + 1) * columns * rows);
    measure(video, decoded, plane, manifest, columns, part);
  });
  return field;
}

/** Averages fields over neighbouring pictures and makes bytes of them. */
export function colourFile(fields: readonly Float32Array[]): Uint8Array {
  const cells = fields[0]?.length ?? 0;
  const file = new Int8Array(cells * fields.length);
  fields.forEach((_field, frame) => {
    const near = fields.slice(Math.max(0, frame - NEIGHBOURS), frame + NEIGHBOURS + 1);
    for (let cell = 0; cell < cells; cell += 1) {
      const mean = near.reduce((sum, each) => sum + each[cell]!, 0) / near.length;
      file[frame * cells + cell] = Math.round(Math.min(60, Math.max(-60, mean)));
    }
  });
  return new Uint8Array(file.buffer);
}

/** Weighted means around each corner, then spread into corners without samples. */
function measure(
  video: Uint8Array,
  decoded: Uint8Array,
  plane: Plane,
  { mask }: AvatarManifest,
  columns: number,
  field: Float32Array,
): void {
  const sums = new Float32Array(field.length);
  const weights = new Float32Array(field.length);
  const cell = COLOUR_CELL / plane.step;
  for (let y = 0; y < plane.height; y += 1) {
    for (let x = 0; x < plane.width; x += 1) {
      const dx = ((x + 0.5) * plane.step - mask.centreX) / (mask.radiusX * LIPS.x);
      const dy =
        ((y + 0.5) * plane.step - mask.centreY + LIPS.up * mask.radiusY) / (mask.radiusY * LIPS.y);
      if (dx * dx + dy * dy < 1) {
        continue;
      }
      const at = plane.offset + y * plane.width + x;
      const difference = video[at]! - decoded[at]!;
      // An edge that lies elsewhere by half a pixel must not count as colour.
      const weight = 1 / (1 + (difference / 12) ** 2);
      const corner = Math.round(y / cell) * columns + Math.round(x / cell);
      sums[corner] = sums[corner]! + weight * difference;
      weights[corner] = weights[corner]! + weight;
    }
  }
  const rows = field.length / columns;
  let values = sums;
  let counts = weights;
  for (let round = 0; round < SMOOTHING_ROUNDS; round += 1) {
    [values, counts] = [blurred(values, columns, rows), blurred(counts, columns, rows)];
  }
  let left = 64;
  while (left > 0 && counts.some((count) => count <= 1e-3)) {
    [values, counts] = [blurred(values, columns, rows), blurred(counts, columns, rows)];
    left -= 1;
  }
  field.forEach((_value, at) => {
    field[at] = counts[at]! > 1e-6 ? values[at]! / counts[at]! : 0;
  });
}

function blurred(values: Float32Array, columns: number, rows: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(values, (_value, at) => {
    const [x, y] = [at % columns, Math.floor(at / columns)];
    let sum = 0;
    for (let dy = -1; dy <= 1; dy += 1) {
      for (let dx = -1; dx <= 1; dx += 1) {
        const [cx, cy] = [
          Math.min(columns - 1, Math.max(0, x + dx)),
          Math.min(rows - 1, Math.max(0, y + dy)),
        ];
        sum += values[cy * columns + cx]! * (dx === 0 ? 2 : 1) * (dy === 0 ? 2 : 1);
      }
    }
    return sum / 16;
  });
}
