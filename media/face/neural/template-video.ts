/** The template video of a neural avatar: every picture decoded once, as I420, and played forth and back. */
import { join } from 'node:path';
import { MediaError } from '#media/errors.ts';
import { i420Bytes } from '../i420.ts';
import type { AvatarManifest } from './avatar-manifest.ts';
import { ffmpeg } from './ffmpeg.ts';

export class TemplateVideo {
  readonly frames: number;
  readonly #pictures: Uint8Array;
  readonly #pictureBytes: number;

  constructor(pictures: Uint8Array, pictureBytes: number) {
    this.frames = pictures.length / pictureBytes;
    this.#pictures = pictures;
    this.#pictureBytes = pictureBytes;
  }

  /** Rejects with FACE_PACK_INVALID. */
  static async open(folder: string, manifest: AvatarManifest): Promise<TemplateVideo> {
    const { picture, files, frames } = manifest;
    const pictures = await ffmpeg([
      ...['-i', join(folder, files.template)],
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'],
    ]);
    const pictureBytes = i420Bytes(picture.width, picture.height);
    if (pictures.length !== frames * pictureBytes) {
      throw new MediaError('FACE_PACK_INVALID', {
        detail: `Its template video has not ${String(frames)} pictures of ${String(picture.width)}×${String(picture.height)}.`,
      });
    }
    return new TemplateVideo(pictures, pictureBytes);
  }

  get bytes(): number {
    return this.#pictures.byteLength;
  }

  /** The picture of this number; a view that must not be written to. */
  picture(frame: number): Uint8Array {
    return this.#pictures.subarray(frame * this.#pictureBytes, (frame + 1) * this.#pictureBytes);
  }
}

/** Which picture of `frames` is shown at the `index`th moment: forth, then back, without showing the ends twice. */
export function pingPong(index: number, frames: number): number {
  if (frames < 2) {
    return 0;
  }
  const round = 2 * frames - 2;
  const at = ((index % round) + round) % round;
  return at < frames ? at : round - at;
}
