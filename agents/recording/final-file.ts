/** A file of a finished recording: written under another name and there only when it is whole. */
import { storedName } from '#agents/dispatch/recording/layout.ts';
import { Sealer, SEALED_CHUNK_BYTES } from '#agents/dispatch/recording/sealed-file.ts';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

export interface FinalFileOptions {
  folder: string;
  name: string;
  sessionId: string;
  key: Buffer | undefined;
}

export class FinalFile {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #sealer: Sealer | undefined;
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #bytes = 0;

  private constructor(file: FileHandle, path: string, sealer: Sealer | undefined) {
    this.#file = file;
    this.#path = path;
    this.#sealer = sealer;
  }

  /** What a killed composer left under the other name is overwritten. */
  static async create({ folder, name, sessionId, key }: FinalFileOptions): Promise<FinalFile> {
    const path = join(folder, storedName(name, key !== undefined));
    const file = await open(`${path}.part`, 'w', 0o600);
    const sealer = key === undefined ? undefined : new Sealer(key, `${sessionId}/${name}`);
    if (sealer !== undefined) {
      await file.write(sealer.head);
    }
    return new FinalFile(file, path, sealer);
  }

  /** Plain bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#bytes += bytes.length;
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    if (this.#gatheredBytes >= SEALED_CHUNK_BYTES) {
      await this.#flush();
    }
  }

  /** Puts it in its place. */
  async finish(): Promise<void> {
    await this.#flush();
    if (this.#sealer !== undefined) {
      await this.#file.write(this.#sealer.seal(new Uint8Array(0), { last: true }));
    }
    await this.#file.sync();
    await this.#file.close();
    await rename(`${this.#path}.part`, this.#path);
  }

  async discard(): Promise<void> {
    await this.#file.close();
    await rm(`${this.#path}.part`, { force: true });
  }

  async #flush(): Promise<void> {
    const plain = Buffer.concat(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    for (let at = 0; at < plain.length; at += SEALED_CHUNK_BYTES) {
      const chunk = plain.subarray(at, at + SEALED_CHUNK_BYTES);
      await this.#file.write(this.#sealer?.seal(chunk) ?? chunk);
    }
  }
}

/** Writes a whole file from its pieces and says how many plain bytes it has. */
export async function writeFinal(
  options: FinalFileOptions,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  const file = await FinalFile.create(options);
  try {
    for await (const piece of pieces) {
      await file.write(piece);
    }
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
  return file.bytes;
}
