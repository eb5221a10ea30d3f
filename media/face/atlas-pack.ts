/**
 * Face packs: what the bake writes and the renderer reads. A pack is the six letters `USFACE`, a version, three
 * lengths, a JSON header and a brotli-compressed body of number chunks (format: media/avatars/README.md).
 */
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { z } from 'zod';
import { MediaError } from '#media/errors.ts';

export const PACK_MAGIC = 'USFACE';
export const PACK_VERSION = 1;
/** Bytes before the JSON header: magic, version (u16), header, packed and open body lengths (u32 each). */
const PREFIX_BYTES = 6 + 2 + 4 + 4 + 4;
/** A pack opens to some 15 MB; far more than that is damage, not a face. */
const MAX_OPEN_BYTES = 256 * 1024 * 1024;

const window4 = z.tuple([
  z.number().int().nonnegative(),
  z.number().int().nonnegative(),
  z.number().int().positive(),
  z.number().int().positive(),
]);

const headerSchema = z.object({
  id: z.string(),
  width: z.number().int().positive().multipleOf(2),
  height: z.number().int().positive().multipleOf(2),
  mouth: z.object({
    window: window4,
    weights: z.array(z.string()).nonempty(),
    parents: z.array(z.number().int().min(-1)).nonempty(),
  }),
  eyes: z.object({
    windows: z.tuple([window4, window4]),
    blinks: z.array(z.number()).min(2),
    squints: z.array(z.number()).min(2),
    gazeX: z.array(z.number()).min(2),
    gazeY: z.array(z.number()).min(2),
    pixelsPerRadian: z.number().positive(),
    lidShadePixels: z.number().positive(),
  }),
  warp: z.object({
    cell: z.number().int().positive(),
    fields: z.array(z.string()).nonempty(),
    scale: z.number().positive(),
  }),
  chunks: z.array(
    z.object({
      name: z.string(),
      type: z.enum(['uint8', 'int16', 'float32']),
      shape: z.array(z.number().int().positive()),
      offset: z.number().int().nonnegative().multipleOf(4),
      bytes: z.number().int().positive(),
    }),
  ),
});

export type PackHeader = z.infer<typeof headerSchema>;
export type Window = z.infer<typeof window4>;

/** Numbers with their dimensions; the first index varies slowest. */
export interface Chunk<T> {
  data: T;
  shape: readonly number[];
}

/** An opened pack. */
export interface FacePack {
  header: PackHeader;
  /** Bytes of all chunks together. */
  readonly openBytes: number;
  bytes(name: string, shape: readonly (number | null)[]): Chunk<Uint8Array>;
  int16(name: string, shape: readonly (number | null)[]): Chunk<Int16Array>;
  float32(name: string, shape: readonly (number | null)[]): Chunk<Float32Array>;
}

const decompress = promisify(brotliDecompress);

function invalid(detail: string, cause?: unknown): MediaError {
  return new MediaError('FACE_PACK_INVALID', {
    detail,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Opens a pack from its file's bytes. Rejects with FACE_PACK_INVALID. */
export async function openPack(file: Uint8Array): Promise<FacePack> {
  if (file.length < PREFIX_BYTES) throw invalid('The file is too short.');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (Buffer.from(file.subarray(0, 6)).toString('latin1') !== PACK_MAGIC) {
    throw invalid('It does not begin like a face pack.');
  }
  const version = view.getUint16(6, true);
  if (version !== PACK_VERSION) {
    throw invalid(`It has version ${version}; this program reads version ${PACK_VERSION}.`);
  }
  const [headerBytes, packedBytes, openBytes] = [8, 12, 16].map((at) => view.getUint32(at, true));
  if (file.length !== PREFIX_BYTES + headerBytes! + packedBytes! || openBytes! > MAX_OPEN_BYTES) {
    throw invalid('Its length does not match what it says.');
  }
  const header = readHeader(file.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes!));
  const body = await decompress(file.subarray(PREFIX_BYTES + headerBytes!), {
    maxOutputLength: openBytes!,
  }).catch((error: unknown) => {
    throw invalid('Its body cannot be decompressed.', error);
  });
  if (body.length !== openBytes!) throw invalid('Its body is shorter than it says.');
  return new OpenPack(header, body);
}

function readHeader(json: Uint8Array): PackHeader {
  try {
    return headerSchema.parse(JSON.parse(Buffer.from(json).toString('utf8')));
  } catch (error) {
    throw invalid('Its header is not readable.', error);
  }
}

class OpenPack implements FacePack {
  readonly header: PackHeader;
  readonly #body: Uint8Array;

  constructor(header: PackHeader, body: Uint8Array) {
    this.header = header;
    // A copy of its own starts at offset 0, so that wider views are aligned.
    this.#body = new Uint8Array(body);
  }

  get openBytes(): number {
    return this.#body.length;
  }

  bytes(name: string, shape: readonly (number | null)[]): Chunk<Uint8Array> {
    const found = this.#find(name, 'uint8', 1, shape);
    return {
      data: new Uint8Array(this.#body.buffer, found.offset, found.count),
      shape: found.shape,
    };
  }

  int16(name: string, shape: readonly (number | null)[]): Chunk<Int16Array> {
    const found = this.#find(name, 'int16', 2, shape);
    return {
      data: new Int16Array(this.#body.buffer, found.offset, found.count),
      shape: found.shape,
    };
  }

  float32(name: string, shape: readonly (number | null)[]): Chunk<Float32Array> {
    const found = this.#find(name, 'float32', 4, shape);
    const data = new Float32Array(this.#body.buffer, found.offset, found.count);
    if (!data.every(Number.isFinite)) throw invalid(`Chunk ${name} holds numbers that are none.`);
    return { data, shape: found.shape };
  }

  #find(name: string, type: string, size: number, expected: readonly (number | null)[]) {
    const chunk = this.header.chunks.find((c) => c.name === name);
    if (!chunk) throw invalid(`Chunk ${name} is missing.`);
    const count = chunk.shape.reduce((a, b) => a * b, 1);
    const fits =
      chunk.type === type &&
      chunk.bytes === count * size &&
      chunk.offset + chunk.bytes <= this.#body.length &&
      chunk.shape.length === expected.length &&
      expected.every((n, i) => n === null || n === chunk.shape[i]);
    if (!fits) throw invalid(`Chunk ${name} has another type or size than it should.`);
    return { offset: chunk.offset, count, shape: chunk.shape };
  }
}

/**
 * Turns sprites stored as byte differences to their parents into whole sprites. `parents[i]` is -1 or less than i.
 * Throws FACE_PACK_INVALID when a parent follows its child.
 */
export function rebuildSprites(
  deltas: Uint8Array,
  parents: readonly number[],
  spriteBytes: number,
  sprites: Uint8Array,
): void {
  parents.forEach((parent, i) => {
    if (parent >= i) throw invalid('A sprite refers to one that follows it.');
    const to = i * spriteBytes;
    if (parent < 0) {
      sprites.set(deltas.subarray(to, to + spriteBytes), to);
      return;
    }
    const from = parent * spriteBytes;
    for (let k = 0; k < spriteBytes; k++) sprites[to + k] = deltas[to + k]! + sprites[from + k]!;
  });
}
