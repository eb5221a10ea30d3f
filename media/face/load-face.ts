/** Finds the faces that are installed under media/avatars/packs and opens them. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { MediaError } from '#media/errors.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { AtlasFaceRenderer } from './atlas-renderer.ts';

const PACKS_FOLDER = fileURLToPath(new URL('../avatars/packs', import.meta.url));

const manifestSchema = z.object({
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  name: z.string().min(1),
  description: z.string(),
  gender: z.enum(['female', 'male']),
  age: z.number(),
  format: z.literal('understudy-face-atlas'),
  version: z.number(),
  width: z.number(),
  height: z.number(),
  atlas: z.string().regex(/^[\w.-]+$/),
  portrait: z.string().regex(/^[\w.-]+$/),
  licence: z.string().min(1),
  origin: z.string(),
});

/** What a pack says of itself. */
export type FaceManifest = z.infer<typeof manifestSchema>;

/** The manifests of all installed faces, by id. Rejects with FACE_PACK_INVALID when one is not readable. */
export async function listFaces(packsFolder: string = PACKS_FOLDER): Promise<FaceManifest[]> {
  const entries = await readdir(packsFolder, { withFileTypes: true }).catch(() => []);
  const ids = entries.filter((e) => e.isDirectory()).map((e) => e.name);
  return Promise.all(ids.sort().map((id) => readManifest(packsFolder, id)));
}

/** Path of the face's still picture. */
export function portraitPath(manifest: FaceManifest, packsFolder: string = PACKS_FOLDER): string {
  return join(packsFolder, manifest.id, manifest.portrait);
}

/** Opens a face. Rejects with FACE_UNKNOWN or FACE_PACK_INVALID. The caller closes it. */
export async function loadFace(
  faceId: string,
  packsFolder: string = PACKS_FOLDER,
): Promise<FaceRenderer> {
  if (!/^[a-z][a-z0-9-]*$/.test(faceId)) {
    throw new MediaError('FACE_UNKNOWN', { detail: `“${faceId}” is no face id.` });
  }
  const manifest = await readManifest(packsFolder, faceId);
  const path = join(packsFolder, faceId, manifest.atlas);
  const file = await readFile(path).catch((cause: unknown) => {
    throw new MediaError('FACE_PACK_INVALID', { detail: `${manifest.atlas} is missing.`, cause });
  });
  return AtlasFaceRenderer.open(file);
}

async function readManifest(packsFolder: string, faceId: string): Promise<FaceManifest> {
  const text = await readFile(join(packsFolder, faceId, 'manifest.json'), 'utf8').catch(
    (cause: unknown) => {
      throw new MediaError('FACE_UNKNOWN', { detail: `No pack is called “${faceId}”.`, cause });
    },
  );
  try {
    const manifest = manifestSchema.parse(JSON.parse(text));
    if (manifest.id !== faceId) throw new Error(`It says that it is “${manifest.id}”.`);
    return manifest;
  } catch (cause) {
    throw new MediaError('FACE_PACK_INVALID', { detail: `Manifest of “${faceId}”.`, cause });
  }
}
