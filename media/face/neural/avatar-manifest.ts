/** What a neural avatar's folder says of itself: `avatar.json`, beside the files that it names. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MediaError } from '#media/errors.ts';
import { VISEMES } from '#media/visemes/viseme.ts';

export const AVATAR_FORMAT = 'understudy-neural-avatar';
export const AVATAR_VERSION = 1;
/** How many numbers drive the decoder. */
export const PARAMETERS = 32;

export const AVATAR_ID = /^[a-z][a-z0-9-]{0,63}$/u;
const fileName = z.string().regex(/^[\w.-]+$/u);
const parameters = z.array(z.number().min(-4).max(4)).length(PARAMETERS);

const manifestSchema = z.object({
  format: z.literal(AVATAR_FORMAT),
  version: z.literal(AVATAR_VERSION),
  id: z.string().regex(AVATAR_ID),
  licence: z.string().min(1),
  origin: z.string(),
  /** Pictures of the template video; it plays forth and back. */
  frames: z.number().int().positive().max(10_000),
  picture: z.object({
    width: z.number().int().positive().multipleOf(4).max(4_096),
    height: z.number().int().positive().multipleOf(2).max(4_096),
  }),
  /** Where a decoded patch lies in the picture; all even. */
  patch: z.object({
    left: z.number().int().nonnegative().multipleOf(2),
    top: z.number().int().nonnegative().multipleOf(2),
    width: z.number().int().positive().multipleOf(2),
    height: z.number().int().positive().multipleOf(2),
  }),
  /** The part of the patch that belongs to mouth and chin: an ellipse in pixels of the patch, and how wide its edge fades. */
  mask: z.object({
    centreX: z.number(),
    centreY: z.number(),
    radiusX: z.number().positive(),
    radiusY: z.number().positive(),
    featherX: z.number().positive(),
    featherY: z.number().positive(),
    /** Above this line nothing is replaced. */
    top: z.number(),
  }),
  files: z.object({
    decoder: fileName,
    bank: fileName,
    template: fileName,
    colour: fileName,
    /** Mouths baked for machines that cannot decode. */
    mouths: fileName.optional(),
  }),
  /** The mouth at rest. */
  neutral: parameters,
  /** The parameters of each viseme, as `npm run avatars -- calibrate` found them. */
  visemes: z
    .object(Object.fromEntries(VISEMES.map((viseme) => [viseme, parameters])))
    .transform((value) => value as Record<(typeof VISEMES)[number], number[]>)
    .optional(),
});

export type AvatarManifest = z.infer<typeof manifestSchema>;

/** Reads the manifest of the avatar in `folder`. Rejects with FACE_UNKNOWN or FACE_PACK_INVALID. */
export async function readAvatarManifest(folder: string): Promise<AvatarManifest> {
  const text = await readFile(join(folder, 'avatar.json'), 'utf8').catch((cause: unknown) => {
    throw new MediaError('FACE_UNKNOWN', { detail: 'Its folder has no avatar.json.', cause });
  });
  try {
    const manifest = manifestSchema.parse(JSON.parse(text));
    const { picture, patch } = manifest;
    if (patch.left + patch.width > picture.width || patch.top + patch.height > picture.height) {
      throw new Error('Its patch lies outside its picture.');
    }
    return manifest;
  } catch (cause) {
    throw new MediaError('FACE_PACK_INVALID', {
      detail: 'Its avatar.json is not readable.',
      cause,
    });
  }
}
