/** Speech on disk, a file per entry. Written whole or not at all; damaged files are as good as absent. */
import type { SpeechChunk } from '#media/ports.ts';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeSpeech, encodeSpeech } from './speech-record.ts';

export interface SpeechStore {
  /** For counters. */
  readonly name?: string;
  /** Undefined where there is none, or it cannot be had just now. */
  get(key: string): Promise<readonly SpeechChunk[] | undefined>;
  set(key: string, chunks: readonly SpeechChunk[]): Promise<void>;
}

export class DiskStore implements SpeechStore {
  readonly name = 'disk';
  readonly #folder: string;
  readonly #maxBytes: number;

  /** Beyond `maxBytes` the entries used longest ago are removed by `trim`. */
  constructor(options: { folder: string; maxBytes: number }) {
    this.#folder = options.folder;
    this.#maxBytes = options.maxBytes;
  }

  async get(key: string): Promise<readonly SpeechChunk[] | undefined> {
    const path = this.#path(key);
    try {
      const chunks = decodeSpeech(await readFile(path));
      const now = new Date();
      await (chunks === undefined ? rm(path, { force: true }) : utimes(path, now, now));
      return chunks;
    } catch {
      return undefined;
    }
  }

  async set(key: string, chunks: readonly SpeechChunk[]): Promise<void> {
    const path = this.#path(key);
    await mkdir(join(path, '..'), { recursive: true });
    const unfinished = `${path}.${randomUUID()}.part`;
    try {
      await writeFile(unfinished, encodeSpeech(chunks));
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** Removes what was used longest ago until the rest fits, and what an interrupted write left. */
  async trim(): Promise<void> {
    const names = await readdir(this.#folder, { recursive: true }).catch(() => []);
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        const about = await stat(path).catch(() => undefined);
        return about?.isFile() === true ? [{ path, bytes: about.size, usedMs: about.mtimeMs }] : [];
      }),
    );
    let bytes = 0;
    for (const file of files.flat().toSorted((a, b) => b.usedMs - a.usedMs)) {
      bytes += file.bytes;
      if (bytes > this.#maxBytes || file.path.endsWith('.part')) {
        await rm(file.path, { force: true });
      }
    }
  }

  #path(key: string): string {
    return join(this.#folder, key.slice(0, 2), `${key}.speech`);
  }
}
