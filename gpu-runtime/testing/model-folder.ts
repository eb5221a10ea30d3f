/** A model repository in a temporary folder, for tests. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export class ModelFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(): Promise<ModelFolder> {
    return new ModelFolder(await mkdtemp(join(tmpdir(), 'understudy-models-')));
  }

  /** Returns the file's path. */
  async write(file: string, contents: string | Uint8Array): Promise<string> {
    const path = join(this.path, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, contents);
    return path;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
