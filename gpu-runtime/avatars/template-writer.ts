/** Makes the template video that rooms see: the avatar's video in the middle of the picture, its edges drawn out beside it. */
import { ffmpeg } from '#media/face/neural/ffmpeg.ts';
import { i420Bytes, i420Planes, type Plane } from '#media/face/i420.ts';
import { videoColumns, type Placement } from '../face/geometry.ts';
import type { SourceAvatar } from './source-avatar.ts';

/** Columns at the video's edge whose mean is drawn out, and over how many the join is softened; in pixels of luma. */
const EDGE_COLUMNS = 8;
const JOIN_COLUMNS = 32;
/** Rows over which the drawn-out edge is softened. */
const SOFT_ROWS = 40;

/** Pictures of rooms, I420, one after another. Throws FACE_PACK_INVALID where ffmpeg fails. */
export async function placedPictures(
  source: SourceAvatar,
  placement: Placement,
  frames: number,
): Promise<Uint8Array> {
  const { picture, cut, video } = placement;
  const columns = videoColumns(placement);
  const filter = [
    `crop=${String(video.width)}:${String(cut.height)}:0:${String(cut.top)}`,
    `scale=${String(columns.width)}:${String(picture.height)}:flags=area+accurate_rnd`,
  ].join(',');
  const shown = await ffmpeg([
    ...['-i', source.videoPath, '-frames:v', String(frames), '-vf', filter],
    ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'],
  ]);
  const shownBytes = i420Bytes(columns.width, picture.height);
  const pictureBytes = i420Bytes(picture.width, picture.height);
  const count = Math.floor(shown.length / shownBytes);
  const pictures = new Uint8Array(count * pictureBytes);
  const panels = new Panels(picture, columns);
  for (let frame = 0; frame < count; frame += 1) {
    const from = shown.subarray(frame * shownBytes, (frame + 1) * shownBytes);
    const to = pictures.subarray(frame * pictureBytes, (frame + 1) * pictureBytes);
    i420Planes(columns.width, picture.height).forEach((plane, index) => {
      panels.place(index, from.subarray(plane.offset), plane, to);
    });
  }
  return pictures;
}

/** Writes pictures as a video of nearly no loss. */
export async function writeTemplate(
  pictures: Uint8Array,
  { width, height }: { width: number; height: number },
  path: string,
): Promise<void> {
  await ffmpeg(
    [
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${String(width)}x${String(height)}`],
      ...['-r', '25', '-i', '-', '-c:v', 'libx264', '-preset', 'medium', '-crf', '10'],
      ...['-pix_fmt', 'yuv420p', '-y', path],
    ],
    pictures,
  );
}

/** What lies beside the video stays as the first picture made it, so that it does not flicker. */
class Panels {
  readonly #planes: readonly Plane[];
  readonly #columns: { left: number; width: number };
  readonly #edges = new Map<number, { left: Float32Array; right: Float32Array }>();

  constructor(
    picture: { width: number; height: number },
    columns: { left: number; width: number },
  ) {
    this.#planes = i420Planes(picture.width, picture.height);
    this.#columns = columns;
  }

  place(index: number, from: Uint8Array, { width, step }: Plane, to: Uint8Array): void {
    const plane = this.#planes[index]!;
    const start = this.#columns.left / step;
    const edges = this.#edges.get(index) ?? {
      left: softEdge(from, width, plane.height, step, 0),
      right: softEdge(from, width, plane.height, step, width - EDGE_COLUMNS / step),
    };
    this.#edges.set(index, edges);
    const join = JOIN_COLUMNS / step;
    for (let y = 0; y < plane.height; y += 1) {
      const row = plane.offset + y * plane.width;
      to.fill(Math.round(edges.left[y]!), row, row + start);
      to.set(from.subarray(y * width, (y + 1) * width), row + start);
      to.fill(Math.round(edges.right[y]!), row + start + width, row + plane.width);
      if (start === 0) {
        continue;
      }
      for (let x = 0; x < join; x += 1) {
        const share = smooth((x + 0.5) / join);
        const left = row + start + x;
        const right = row + start + width - 1 - x;
        to[left] = Math.round(edges.left[y]! * (1 - share) + to[left]! * share);
        to[right] = Math.round(edges.right[y]! * (1 - share) + to[right]! * share);
      }
    }
  }
}

/** Means of a few columns, softened from row to row. */
function softEdge(
  from: Uint8Array,
  width: number,
  height: number,
  step: number,
  firstColumn: number,
): Float32Array {
  const count = EDGE_COLUMNS / step;
  const raw = Float32Array.from({ length: height }, (_, y) => {
    let sum = 0;
    for (let x = firstColumn; x < firstColumn + count; x += 1) {
      sum += from[y * width + x]!;
    }
    return sum / count;
  });
  const reach = SOFT_ROWS / step;
  return raw.map((_, y) => {
    let sum = 0;
    let weights = 0;
    for (let at = Math.max(0, y - reach); at <= Math.min(height - 1, y + reach); at += 1) {
      const weight = 1 - Math.abs(at - y) / (reach + 1);
      sum += weight * raw[at]!;
      weights += weight;
    }
    return sum / weights;
  });
}

function smooth(x: number): number {
  return x * x * (3 - 2 * x);
}
