/** A small avatar made in code: its manifest, its template and vectors that differ from viseme to viseme. */
import { VISEMES, type Viseme } from '#media/visemes/viseme.ts';
import { i420Bytes } from '../../i420.ts';
import { AVATAR_FORMAT, AVATAR_VERSION, type AvatarManifest } from '../avatar-manifest.ts';
import { PatchCompositor } from '../patch-compositor.ts';
import type { NeuralAvatar } from '../neural-renderer.ts';
import { TemplateVideo } from '../template-video.ts';

/** Each viseme moves two parameters of its own, and those of rounding a little. */
export function sampleVisemes(): { neutral: number[]; visemes: Record<Viseme, number[]> } {
  const neutral = Array.from({ length: 32 }, (_, i) => 0.05 + 0.002 * i);
  const entries = VISEMES.map((viseme, index) => {
    const vector = [...neutral];
    if (viseme !== 'sil') {
      vector[index * 2] = vector[index * 2]! + 0.3;
      vector[index * 2 + 1] = vector[index * 2 + 1]! - 0.08;
    }
    return [viseme, vector] as const;
  });
  return { neutral, visemes: Object.fromEntries(entries) as Record<Viseme, number[]> };
}

export const SAMPLE_FRAMES = 6;

export function sampleManifest(): AvatarManifest {
  return {
    format: AVATAR_FORMAT,
    version: AVATAR_VERSION,
    id: 'ann',
    licence: 'made in code',
    origin: 'a test',
    frames: SAMPLE_FRAMES,
    picture: { width: 64, height: 48 },
    patch: { left: 16, top: 12, width: 32, height: 28 },
    mask: {
      ...{ centreX: 16, centreY: 14, radiusX: 9, radiusY: 8 },
      ...{ featherX: 4, featherY: 4, top: 2 },
    },
    files: { decoder: 'd', bank: 'b', template: 't', colour: 'c' },
    ...sampleVisemes(),
  };
}

/** Picture `n` of its template is grey level 40 + n all over. */
export function sampleAvatar(): NeuralAvatar {
  const manifest = sampleManifest();
  const bytes = i420Bytes(manifest.picture.width, manifest.picture.height);
  const pictures = new Uint8Array(bytes * SAMPLE_FRAMES);
  for (let frame = 0; frame < SAMPLE_FRAMES; frame += 1) {
    pictures.fill(40 + frame, frame * bytes, (frame + 1) * bytes);
  }
  return {
    manifest,
    template: new TemplateVideo(pictures, bytes),
    compositor: new PatchCompositor(manifest, undefined),
    mouths: undefined,
  };
}
