/**
 * Lays a decoded patch into a picture so that no border shows: only mouth and chin, through a mask that fades out, with
 * the colour of the picture around it.
 */
import { MediaError } from '#media/errors.ts';
import { i420Bytes, i420Planes, type Plane } from '../i420.ts';
import type { AvatarManifest } from './avatar-manifest.ts';

/** Cells of the colour field, in pixels of luma; the field is stored per cell and plane. */
export const COLOUR_CELL = 16;
const FULL = 256;

/** Columns and rows of the colour field of a patch. */
export function colourGrid({ width, height }: { width: number; height: number }): {
  columns: number;
  rows: number;
} {
  return { columns: Math.ceil(width / COLOUR_CELL) + 1, rows: Math.ceil(height / COLOUR_CELL) + 1 };
}

export class PatchCompositor {
  readonly patchBytes: number;
  readonly #patchPlanes: readonly Plane[];
  readonly #picturePlanes: readonly Plane[];
  readonly #left: number;
  readonly #top: number;
  /** 0..256 per sample of the patch, plane after plane. */
  readonly mask: Uint16Array;
  readonly #rowSpans: Uint16Array[];
  /** Levels that the patch of each frame lacks, per sample; empty where nothing was measured. */
  readonly #colour: readonly Int8Array[];

  /** `colour`: the avatar's colour file, one byte per cell, plane and frame. Throws FACE_PACK_INVALID. */
  constructor(manifest: AvatarManifest, colour: Uint8Array | undefined) {
    const { patch, picture, frames } = manifest;
    this.patchBytes = i420Bytes(patch.width, patch.height);
    this.#patchPlanes = i420Planes(patch.width, patch.height);
    this.#picturePlanes = i420Planes(picture.width, picture.height);
    this.#left = patch.left;
    this.#top = patch.top;
    this.mask = maskOf(manifest);
    this.#rowSpans = this.#patchPlanes.map((plane) => spansOf(this.mask, plane));
    this.#colour = colour === undefined ? [] : this.#readColour(colour, manifest, frames);
  }

  /**
   * Blends `patch` (I420 of the patch's size), decoded for the template's picture `frame`, into `picture`. `presence` 0
   * leaves the picture, 1 shows the patch.
   */
  blend(patch: Uint8Array, frame: number, presence: number, picture: Uint8Array): void {
    if (presence <= 0) {
      return;
    }
    const colour = this.#colour[frame];
    const share = Math.min(FULL, Math.round(presence * FULL));
    this.#patchPlanes.forEach((plane, index) => {
      const target = this.#picturePlanes[index]!;
      const spans = this.#rowSpans[index]!;
      const { mask } = this;
      const corner =
        target.offset + (this.#top / plane.step) * target.width + this.#left / plane.step;
      for (let y = 0; y < plane.height; y += 1) {
        const row = plane.offset + y * plane.width;
        const to = corner + y * target.width - row;
        const end = row + spans[y * 2 + 1]!;
        for (let at = row + spans[y * 2]!; at < end; at += 1) {
          const weight = (mask[at]! * share) >> 8;
          const base = picture[to + at]!;
          const wanted = colour === undefined ? patch[at]! : patch[at]! + colour[at]!;
          const value = base + (((wanted - base) * weight + 128) >> 8);
          picture[to + at] = value < 0 ? 0 : value > 255 ? 255 : value;
        }
      }
    });
  }

  #readColour(file: Uint8Array, { patch }: AvatarManifest, frames: number): Int8Array[] {
    const { columns, rows } = colourGrid(patch);
    const fieldBytes = columns * rows * 3;
    if (file.length !== fieldBytes * frames) {
      throw new MediaError('FACE_PACK_INVALID', { detail: 'Its colour file has another size.' });
    }
    const fields = new Int8Array(file.buffer, file.byteOffset, file.length);
    return Array.from({ length: frames }, (_, frame) => {
      const whole = new Int8Array(this.patchBytes);
      this.#patchPlanes.forEach((plane, index) => {
        const from = frame * fieldBytes + index * columns * rows;
        spread(fields.subarray(from, from + columns * rows), columns, plane, whole);
      });
      return whole;
    });
  }
}

/** Bilinear between the corners of cells. */
function spread(field: Int8Array, columns: number, plane: Plane, whole: Int8Array): void {
  const cell = COLOUR_CELL / plane.step;
  for (let y = 0; y < plane.height; y += 1) {
    const row = Math.floor(y / cell);
    const down = y / cell - row;
    for (let x = 0; x < plane.width; x += 1) {
      const column = Math.floor(x / cell);
      const across = x / cell - column;
      const at = row * columns + column;
      const above = field[at]! * (1 - across) + field[at + 1]! * across;
      const below = field[at + columns]! * (1 - across) + field[at + columns + 1]! * across;
      whole[plane.offset + y * plane.width + x] = Math.round(above * (1 - down) + below * down);
    }
  }
}

/** The ellipse with its fading edge, for each plane. */
function maskOf({ patch, mask: shape }: AvatarManifest): Uint16Array {
  const mask = new Uint16Array(i420Bytes(patch.width, patch.height));
  for (const plane of i420Planes(patch.width, patch.height)) {
    for (let y = 0; y < plane.height; y += 1) {
      for (let x = 0; x < plane.width; x += 1) {
        const [px, py] = [(x + 0.5) * plane.step, (y + 0.5) * plane.step];
        const [dx, dy] = [px - shape.centreX, py - shape.centreY];
        const away = Math.hypot(dx / shape.radiusX, dy / shape.radiusY);
        // From the distance to the ellipse in its own measure to shares of the edge's width.
        const edge = Math.hypot(
          (dx / shape.radiusX) * shape.featherX,
          (dy / shape.radiusY) * shape.featherY,
        );
        const radius = Math.hypot(dx, dy);
        const outside = away === 0 ? -1 : ((radius - radius / away) * away) / Math.max(edge, 1e-6);
        const above = (shape.top - py) / shape.featherY;
        const border = Math.min(px, py, patch.width - px, patch.height - py) / 6;
        const t = Math.min(0.5 - outside, 0.5 - above, border);
        const clamped = Math.min(1, Math.max(0, t));
        mask[plane.offset + y * plane.width + x] = Math.round(
          FULL * clamped * clamped * (3 - 2 * clamped),
        );
      }
    }
  }
  return mask;
}

/** First and last column per row where the mask is not 0. */
function spansOf(mask: Uint16Array, plane: Plane): Uint16Array {
  const spans = new Uint16Array(plane.height * 2);
  for (let y = 0; y < plane.height; y += 1) {
    const row = mask.subarray(plane.offset + y * plane.width, plane.offset + (y + 1) * plane.width);
    const from = row.findIndex((weight) => weight > 0);
    spans[y * 2] = Math.max(0, from);
    spans[y * 2 + 1] = from < 0 ? 0 : row.findLastIndex((weight) => weight > 0) + 1;
  }
  return spans;
}
