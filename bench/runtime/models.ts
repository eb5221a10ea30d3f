/** Some of the project's models as a repository of their own. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODELS = fileURLToPath(new URL('../../gpu-runtime/models', import.meta.url));

export interface ModelSelection {
  folder: string;
  remove(): Promise<void>;
}

/** A repository with these models of the project alone. */
export async function selectModels(names: readonly string[]): Promise<ModelSelection> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-models-'));
  for (const name of names) {
    await cp(join(MODELS, name), join(folder, name), { recursive: true });
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
