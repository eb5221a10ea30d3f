/** The avatars that a session may ask for: `ada`, or `neural/ann`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '#config/environment.ts';

const DRAWN_FOLDER = fileURLToPath(new URL('../../media/avatars/packs', import.meta.url));
export const NEURAL = 'neural/';
const ID = /^[a-z][a-z0-9-]{0,63}$/u;

/** What names an avatar in a request. */
export const AVATAR_NAME = /^(?:neural\/)?[a-z][a-z0-9-]{0,63}$/u;

/** Where `npm run avatars` puts neural avatars. */
export const neuralAvatarFolder = (
  environment: Pick<Environment, 'UNDERSTUDY_AVATARS' | 'UNDERSTUDY_DATA'>,
): string => environment.UNDERSTUDY_AVATARS ?? join(environment.UNDERSTUDY_DATA, 'avatars');

/** Drawn ones first. Folders that are missing hold none. */
export async function listAvatars(
  neuralFolder: string,
  drawnFolder: string = DRAWN_FOLDER,
): Promise<string[]> {
  const [drawn, neural] = await Promise.all([foldersIn(drawnFolder), foldersIn(neuralFolder)]);
  return [...drawn, ...neural.map((id) => `${NEURAL}${id}`)];
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && ID.test(entry.name))
    .map(({ name }) => name)
    .sort();
}
