/**
 * The frames between the runtime and a Python model: 4 bytes, little endian, the length of a JSON header; the header;
 * then the data of the tensors it lists under `tensors`, each `bytes` long.
 */
import { z } from 'zod';
import { ELEMENT_BYTES, isDatatype, type Datatype, type Tensor } from '../tensor/tensor.ts';

const MAX_HEADER_BYTES = 2 ** 20;
/** Eight outputs of the largest size. */
const MAX_BODY_BYTES = 2 ** 29;

const tensorSchema = z.object({
  name: z.string(),
  datatype: z.custom<Datatype>((value) => typeof value === 'string' && isDatatype(value), {
    error: `no datatype of ${Object.keys(ELEMENT_BYTES).join(', ')}`,
  }),
  shape: z.array(z.int().nonnegative()),
  bytes: z.int().nonnegative(),
});

const headerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('failed'), message: z.string() }),
  z.object({ kind: z.literal('answer'), tensors: z.array(tensorSchema) }),
  z.object({
    kind: z.literal('answers'),
    results: z.array(
      z.union([
        z.object({ tensors: z.int().nonnegative() }),
        z.object({ code: z.string(), message: z.string() }),
      ]),
    ),
    tensors: z.array(tensorSchema),
  }),
  z.object({ kind: z.literal('refused'), code: z.string(), message: z.string() }),
]);

export type ModelFrame =
  | { kind: 'ready' }
  | { kind: 'failed'; message: string }
  | { kind: 'answer'; tensors: Tensor[] }
  /** One result per request of a run, in their order. */
  | { kind: 'answers'; results: (Tensor[] | ModelRefusal)[] }
  | ({ kind: 'refused' } & ModelRefusal);

export interface ModelRefusal {
  code: string;
  message: string;
}

/** The pieces of a frame in order; tensor data is not copied. */
export function encodeFrame(header: object, tensors: readonly Tensor[] = []): Uint8Array[] {
  const text = Buffer.from(
    JSON.stringify({
      ...header,
      tensors: tensors.map(({ name, datatype, shape, data }) => ({
        name,
        datatype,
        shape,
        bytes: data.byteLength,
      })),
    }),
  );
  const head = Buffer.allocUnsafe(4 + text.byteLength);
  head.writeUInt32LE(text.byteLength);
  head.set(text, 4);
  return [head, ...tensors.map(({ data }) => data).filter(({ byteLength }) => byteLength > 0)];
}

/** Puts frames together from the chunks of a pipe. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #wantedBytes = 4;
  #header: z.infer<typeof headerSchema> | undefined;
  #reading: 'length' | 'header' | 'body' = 'length';

  /** The frames that this chunk completes. Throws where it is no frame; the pipe is then of no more use. */
  push(chunk: Buffer): ModelFrame[] {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.byteLength;
    const frames: ModelFrame[] = [];
    while (this.#heldBytes >= this.#wantedBytes) {
      const frame = this.#step(this.#take(this.#wantedBytes));
      if (frame !== undefined) {
        frames.push(frame);
      }
    }
    return frames;
  }

  #step(bytes: Buffer): ModelFrame | undefined {
    switch (this.#reading) {
      case 'length': {
        const length = bytes.readUInt32LE();
        if (length > MAX_HEADER_BYTES) {
          throw new Error('The header of a frame is too long.');
        }
        this.#expect('header', length);
        return undefined;
      }
      case 'header': {
        const header = headerSchema.parse(JSON.parse(bytes.toString('utf8')));
        const tensors = 'tensors' in header ? header.tensors : [];
        const body = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
        if (body > MAX_BODY_BYTES) {
          throw new Error('The tensors of a frame are too large.');
        }
        this.#header = header;
        this.#expect('body', body);
        return undefined;
      }
      case 'body': {
        this.#expect('length', 4);
        return withData(this.#header!, bytes);
      }
    }
  }

  #expect(what: 'length' | 'header' | 'body', bytes: number): void {
    this.#reading = what;
    this.#wantedBytes = bytes;
  }

  #take(bytes: number): Buffer {
    const first = this.#chunks[0];
    const all =
      first !== undefined && first.byteLength >= bytes ? first : Buffer.concat(this.#chunks);
    const rest = all.subarray(bytes);
    const others = all === first ? this.#chunks.slice(1) : [];
    this.#chunks = rest.byteLength > 0 ? [rest, ...others] : others;
    this.#heldBytes -= bytes;
    return all.subarray(0, bytes);
  }
}

function withData(header: z.infer<typeof headerSchema>, body: Buffer): ModelFrame {
  if (!('tensors' in header)) {
    return header;
  }
  let at = 0;
  const tensors = header.tensors.map(({ name, datatype, shape, bytes }) => {
    const data = new Uint8Array(body.buffer, body.byteOffset + at, bytes);
    at += bytes;
    return { name, datatype, shape, data };
  });
  if (header.kind === 'answer') {
    return { kind: 'answer', tensors };
  }
  const results = header.results.map((result) =>
    'tensors' in result ? tensors.splice(0, result.tensors) : result,
  );
  return { kind: 'answers', results };
}
