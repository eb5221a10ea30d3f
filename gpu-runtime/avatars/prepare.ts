/** Makes an avatar that the runtime serves from a LiteAvatar folder. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  AVATAR_FORMAT,
  AVATAR_ID,
  AVATAR_VERSION,
  type AvatarManifest,
} from '#media/face/neural/avatar-manifest.ts';
import { TemplateVideo } from '#media/face/neural/template-video.ts';
import { PatchCompositor } from '#media/face/neural/patch-compositor.ts';
import { i420Bytes, i420Planes } from '#media/face/i420.ts';
import { RuntimeError } from '../errors.ts';
import { patchDecoder } from '../face/decoder-graph.ts';
import { gridToPicture, patchBox, placeVideo, type Placement } from '../face/geometry.ts';
import { writeBank } from './bank-writer.ts';
import { colourField, colourFile } from './colour-match.ts';
import { LocalDecoder } from './local-decoder.ts';
import { readSourceAvatar, type SourceAvatar } from './source-avatar.ts';
import { placedPictures, writeTemplate } from './template-writer.ts';

export interface PrepareOptions {
  /** The LiteAvatar folder. */
  source: string;
  /** The avatars' repository; the avatar becomes its folder `id`. */
  repository: string;
  id: string;
  licence: string;
  /** Pictures of the template; all when absent. */
  maxFrames?: number;
  say?: (line: string) => void;
}

/** On the decoder's grid: mouth and chin, whose decode stands in for the video. Found by eye; hair and nostrils stay outside. */
const MASK = { x: 192, y: 238, radiusX: 102, radiusY: 104, feather: 26, top: 140 };
const FILES = {
  decoder: 'decoder.onnx',
  bank: 'bank.bin',
  template: 'template.mp4',
  colour: 'colour.bin',
};

/** Gives the avatar's folder. Throws MODEL_INVALID or FACE_PACK_INVALID. */
export async function prepareAvatar(options: PrepareOptions): Promise<string> {
  const { id, repository, licence, say = () => undefined } = options;
  if (!AVATAR_ID.test(id)) {
    throw new RuntimeError('REQUEST_INVALID', { detail: `“${id}” is no avatar id (a-z, 0-9, -).` });
  }
  const source = await readSourceAvatar(options.source);
  const placement = placeVideo(source.video, source.face);
  const folder = join(repository, id);
  await mkdir(folder, { recursive: true });
  say('template video');
  const wanted = Math.min(options.maxFrames ?? Infinity, source.references.length);
  const pictures = await placedPictures(source, placement, wanted);
  const { picture } = placement;
  const frames = pictures.length / i420Bytes(picture.width, picture.height);
  say(`bank of ${String(frames)} pictures`);
  await writeBank(source, frames, join(folder, FILES.bank), (done) => {
    if (done % 25 === 0) {
      say(`bank: ${String(done)} of ${String(frames)}`);
    }
  });
  await writeFile(join(folder, FILES.decoder), patchDecoder(source.decoder, placement).write());
  const manifest = manifestOf(source, placement, { id, licence, frames });
  await writeManifest(folder, manifest);
  say('colours');
  await restTheMouth(folder, manifest, pictures);
  await writeTemplate(pictures, picture, join(folder, FILES.template));
  return folder;
}

export async function writeManifest(folder: string, manifest: AvatarManifest): Promise<void> {
  await writeFile(join(folder, 'avatar.json'), `${JSON.stringify(manifest, null, 1)}\n`);
}

function manifestOf(
  source: SourceAvatar,
  placement: Placement,
  { id, licence, frames }: { id: string; licence: string; frames: number },
): AvatarManifest {
  const patch = patchBox(placement);
  const { x, y } = gridToPicture(placement);
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    format: AVATAR_FORMAT,
    version: AVATAR_VERSION,
    id,
    licence,
    origin: 'Prepared from a LiteAvatar folder by `npm run avatars -- prepare`.',
    frames,
    picture: placement.picture,
    patch: {
      left: patch.left,
      top: patch.top,
      width: patch.right - patch.left,
      height: patch.bottom - patch.top,
    },
    mask: {
      centreX: round(x.offset + x.scale * MASK.x - patch.left),
      centreY: round(y.offset + y.scale * MASK.y - patch.top),
      radiusX: round(x.scale * MASK.radiusX),
      radiusY: round(y.scale * MASK.radiusY),
      featherX: round(x.scale * MASK.feather),
      featherY: round(y.scale * MASK.feather),
      top: round(y.offset + y.scale * MASK.top - patch.top),
    },
    files: FILES,
    neutral: Array.from(source.neutral, (value) => Math.round(value * 1e5) / 1e5),
  };
}

/**
 * Measures the colours, and gives every picture the mouth at rest as the decoder draws it: where a mouth begins to speak,
 * and where it stops, nothing jumps, and a mouth at rest needs no decoding.
 */
async function restTheMouth(
  folder: string,
  manifest: AvatarManifest,
  pictures: Uint8Array,
): Promise<void> {
  const decoder = await LocalDecoder.open(folder);
  const template = new TemplateVideo(
    pictures,
    i420Bytes(manifest.picture.width, manifest.picture.height),
  );
  const neutral = Float32Array.from(manifest.neutral);
  const patches: Uint8Array[] = [];
  for (let frame = 0; frame < manifest.frames; frame += 1) {
    patches.push(await decoder.decode(frame, neutral, 'I420'));
  }
  await decoder.close();
  const fields = patches.map((patch, frame) =>
    colourField(patchOf(template.picture(frame), manifest), patch, manifest),
  );
  const colour = colourFile(fields);
  await writeFile(join(folder, FILES.colour), colour);
  const compositor = new PatchCompositor(manifest, colour);
  patches.forEach((patch, frame) => {
    compositor.blend(patch, frame, 1, template.picture(frame));
  });
}

/** The patch's part of a picture. */
export function patchOf(picture: Uint8Array, manifest: AvatarManifest): Uint8Array {
  const { patch, picture: size } = manifest;
  const out = new Uint8Array(i420Bytes(patch.width, patch.height));
  const from = i420Planes(size.width, size.height);
  i420Planes(patch.width, patch.height).forEach((plane, index) => {
    const source = from[index]!;
    for (let y = 0; y < plane.height; y += 1) {
      const row =
        source.offset + (patch.top / plane.step + y) * source.width + patch.left / plane.step;
      out.set(picture.subarray(row, row + plane.width), plane.offset + y * plane.width);
    }
  });
  return out;
}
