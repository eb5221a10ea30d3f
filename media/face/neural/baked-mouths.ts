/**
 * Mouths of a neural avatar for machines that cannot decode: per picture of the template a mean and a few difference
 * pictures, which parameters mix. How much of each is found by kernel regression, the same for all pictures.
 *
 * `mouths.bin`: the 8 letters `USMOUTHS`, the length of a JSON header (u32, little endian), the header, then centres
 * [centres, 32] and weights [centres, components] as floats, scales [frames, components] as floats, means [frames, samples]
 * as bytes and differences [frames, components, samples] as signed bytes. Samples are those of the patch (I420) under the
 * mask.
 */
import { z } from 'zod';
import { MediaError } from '#media/errors.ts';
import { PARAMETERS } from './avatar-manifest.ts';

export const MOUTHS_MAGIC = 'USMOUTHS';

const headerSchema = z.object({
  version: z.literal(1),
  frames: z.number().int().positive(),
  components: z.number().int().positive().max(128),
  samples: z.number().int().positive(),
  centres: z.number().int().positive().max(4_096),
  /** Distance of parameters at which a centre's say falls to exp(-1/2). */
  reach: z.number().positive(),
});

export type MouthsHeader = z.infer<typeof headerSchema>;

/** Everything that `mouths.bin` holds, in the order in which it holds it. */
export interface MouthsData {
  header: MouthsHeader;
  centres: Float32Array;
  weights: Float32Array;
  scales: Float32Array;
  means: Uint8Array;
  differences: Int8Array;
}

export class BakedMouths {
  readonly #data: MouthsData;
  /** Where each sample lies in the patch. */
  readonly #places: Uint32Array;
  readonly #amounts: Float32Array;
  readonly #sums: Float32Array;

  /** `places`: the samples of the patch under the mask, in order. Throws FACE_PACK_INVALID. */
  constructor(data: MouthsData, places: Uint32Array) {
    if (places.length !== data.header.samples) {
      throw invalid('Its mouths were baked for another mask.');
    }
    this.#data = data;
    this.#places = places;
    this.#amounts = new Float32Array(data.header.components);
    this.#sums = new Float32Array(data.header.samples);
  }

  /** Throws FACE_PACK_INVALID. */
  static read(file: Uint8Array, places: Uint32Array): BakedMouths {
    return new BakedMouths(readMouths(file), places);
  }

  get frames(): number {
    return this.#data.header.frames;
  }

  get bytes(): number {
    return this.#data.means.byteLength + this.#data.differences.byteLength;
  }

  /** Draws the mouth of these parameters on the template's picture `frame` into the samples of `patch` under the mask. */
  draw(frame: number, params: Float32Array, patch: Uint8Array): void {
    const { header, scales, means, differences } = this.#data;
    const { components, samples } = header;
    const amounts = mixOf(this.#data, params, this.#amounts);
    const sums = this.#sums;
    sums.set(means.subarray(frame * samples, (frame + 1) * samples));
    for (let component = 0; component < components; component += 1) {
      const at = frame * components + component;
      const amount = amounts[component]! * scales[at]!;
      const picture = differences.subarray(at * samples, (at + 1) * samples);
      for (let i = 0; i < samples; i += 1) {
        sums[i] = sums[i]! + amount * picture[i]!;
      }
    }
    const places = this.#places;
    for (let i = 0; i < samples; i += 1) {
      const value = sums[i]! + 0.5;
      patch[places[i]!] = value < 0 ? 0 : value > 255 ? 255 : value;
    }
  }
}

/** How much of each difference picture these parameters ask for. */
export function mixOf(
  { header, centres, weights }: Pick<MouthsData, 'header' | 'centres' | 'weights'>,
  params: Float32Array,
  amounts: Float32Array = new Float32Array(header.components),
): Float32Array {
  amounts.fill(0);
  const { components } = header;
  const fall = -0.5 / header.reach ** 2;
  for (let centre = 0; centre < header.centres; centre += 1) {
    let far = 0;
    for (let i = 0; i < PARAMETERS; i += 1) {
      const away = params[i]! - centres[centre * PARAMETERS + i]!;
      far += away * away;
    }
    const say = Math.exp(fall * far);
    for (let component = 0; component < components; component += 1) {
      amounts[component] = amounts[component]! + say * weights[centre * components + component]!;
    }
  }
  return amounts;
}

/** The samples of a patch under a mask, in order. */
export function placesOf(mask: Uint16Array): Uint32Array {
  const places: number[] = [];
  mask.forEach((weight, at) => {
    if (weight > 0) {
      places.push(at);
    }
  });
  return Uint32Array.from(places);
}

/** Throws FACE_PACK_INVALID. */
export function readMouths(file: Uint8Array): MouthsData {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (bytes.subarray(0, 8).toString('latin1') !== MOUTHS_MAGIC) {
    throw invalid('Its mouths do not begin like baked mouths.');
  }
  const headerBytes = bytes.readUInt32LE(8);
  const header = readHeader(bytes.subarray(12, 12 + headerBytes));
  const { frames, components, samples, centres } = header;
  const body = Uint8Array.from(bytes.subarray(12 + headerBytes));
  let at = 0;
  const take = (count: number): ArrayBuffer => {
    at += count;
    return body.buffer.slice(at - count, at);
  };
  const floats = centres * (PARAMETERS + components) + frames * components;
  if (body.length !== floats * 4 + frames * samples * (1 + components)) {
    throw invalid('Its mouths are cut off.');
  }
  return {
    header,
    centres: new Float32Array(take(centres * PARAMETERS * 4)),
    weights: new Float32Array(take(centres * components * 4)),
    scales: new Float32Array(take(frames * components * 4)),
    means: new Uint8Array(take(frames * samples)),
    differences: new Int8Array(take(frames * components * samples)),
  };
}

export function writeMouths(data: MouthsData): Buffer {
  const header = Buffer.from(JSON.stringify(data.header), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const { centres, weights, scales, means, differences } = data;
  return Buffer.concat([
    Buffer.from(MOUTHS_MAGIC, 'latin1'),
    length,
    header,
    ...[centres, weights, scales, means, differences].map((part) =>
      Buffer.from(part.buffer, part.byteOffset, part.byteLength),
    ),
  ]);
}

function readHeader(text: Buffer): MouthsHeader {
  try {
    return headerSchema.parse(JSON.parse(text.toString('utf8')));
  } catch (cause) {
    throw invalid('The header of its mouths is not readable.', cause);
  }
}

function invalid(detail: string, cause?: unknown): MediaError {
  return new MediaError('FACE_PACK_INVALID', {
    detail,
    ...(cause === undefined ? {} : { cause }),
  });
}
