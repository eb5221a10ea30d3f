/** How near baked mouths come to the live decoder on a spoken sentence, and how long they take. */
import { performance } from 'node:perf_hooks';
import { i420Bytes } from '#media/face/i420.ts';
import { MouthParameters } from '#media/face/neural/mouth-parameters.ts';
import { openNeuralAvatar } from '#media/face/neural/neural-renderer.ts';
import { pingPong } from '#media/face/neural/template-video.ts';
import type { PhonemeMark } from '#media/ports.ts';
import { MouthTrack } from '#media/visemes/mouth-track.ts';
import { MediaError } from '#media/errors.ts';
import { LocalDecoder } from './local-decoder.ts';

export interface BakedQuality {
  /** Of the luma where the mask shows the patch, per picture. */
  psnrDb: { mean: number; min: number };
  /** Of drawing and blending one picture, median. */
  drawMs: number;
  pictures: number;
}

const FRAME_MS = 40;
/** Half of the mask and more. */
const SHOWN = 128;

/** Throws FACE_PACK_INVALID where nothing is baked. */
export async function bakedQuality(
  folder: string,
  marks: readonly PhonemeMark[],
  maxPictures = Number.POSITIVE_INFINITY,
): Promise<BakedQuality> {
  const avatar = await openNeuralAvatar(folder);
  const { manifest, mouths, compositor, template } = avatar;
  if (mouths === undefined) {
    throw new MediaError('FACE_PACK_INVALID', {
      detail: 'Nothing is baked: npm run avatars -- bake.',
    });
  }
  const decoder = await LocalDecoder.open(folder);
  const parameters = new MouthParameters(manifest);
  const track = new MouthTrack(marks);
  const luma = manifest.patch.width * manifest.patch.height;
  const patch = new Uint8Array(compositor.patchBytes);
  const frame = new Uint8Array(i420Bytes(manifest.picture.width, manifest.picture.height));
  const psnrs: number[] = [];
  const times: number[] = [];
  const endMs = (marks.at(-1)?.endMs ?? 0) + 100;
  for (let tMs = 0; tMs <= endMs && psnrs.length < maxPictures; tMs += FRAME_MS) {
    const params = parameters.of(track.shapeAt(tMs));
    const at = pingPong(psnrs.length, mouths.frames);
    const startedMs = performance.now();
    mouths.draw(at, params, patch);
    frame.set(template.picture(at));
    compositor.blend(patch, at, 1, frame);
    times.push(performance.now() - startedMs);
    psnrs.push(psnr(await decoder.decode(at, params, 'I420'), patch, compositor.mask, luma));
  }
  await decoder.close();
  times.sort((a, b) => a - b);
  return {
    psnrDb: {
      mean: psnrs.reduce((sum, each) => sum + each, 0) / psnrs.length,
      min: Math.min(...psnrs),
    },
    drawMs: times[times.length >> 1] ?? 0,
    pictures: psnrs.length,
  };
}

function psnr(live: Uint8Array, baked: Uint8Array, mask: Uint16Array, count: number): number {
  let sum = 0;
  let shown = 0;
  for (let i = 0; i < count; i += 1) {
    if (mask[i]! >= SHOWN) {
      sum += (live[i]! - baked[i]!) ** 2;
      shown += 1;
    }
  }
  return 10 * Math.log10(255 ** 2 / Math.max(1e-3, sum / Math.max(1, shown)));
}
