/** Spoken chunks as bytes: a JSON header, then the samples of each chunk. For stores that outlive the process. */
import type { SpeechChunk } from '#media/ports.ts';
import { z } from 'zod';

const MAGIC = 0x55535031; // "USP1"
const mark = { startMs: z.number(), endMs: z.number() };
const headerSchema = z.array(
  z.object({
    sampleRateHz: z.number().int().positive(),
    samples: z.number().int().nonnegative(),
    phonemes: z.array(z.object({ phoneme: z.string(), ...mark })),
    words: z.array(z.object({ text: z.string(), ...mark })),
  }),
);

export function encodeSpeech(chunks: readonly SpeechChunk[]): Uint8Array {
  const header = Buffer.from(
    JSON.stringify(
      chunks.map(({ sampleRateHz, samples, phonemes, words }) => ({
        sampleRateHz,
        samples: samples.length,
        phonemes,
        words,
      })),
    ),
  );
  const soundBytes = chunks.reduce((sum, { samples }) => sum + samples.byteLength, 0);
  const record = Buffer.alloc(8 + header.length + soundBytes);
  record.writeUInt32LE(MAGIC, 0);
  record.writeUInt32LE(header.length, 4);
  header.copy(record, 8);
  let at = 8 + header.length;
  for (const { samples } of chunks) {
    record.set(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength), at);
    at += samples.byteLength;
  }
  return record;
}

/** Undefined where the bytes are damaged or of another format: the speech is then made anew. */
export function decodeSpeech(record: Uint8Array): SpeechChunk[] | undefined {
  const bytes = Buffer.from(record.buffer, record.byteOffset, record.byteLength);
  if (bytes.length < 8 || bytes.readUInt32LE(0) !== MAGIC) {
    return undefined;
  }
  const headerEnd = 8 + bytes.readUInt32LE(4);
  try {
    const headers = headerSchema.parse(JSON.parse(bytes.toString('utf8', 8, headerEnd)));
    let at = headerEnd;
    const chunks = headers.map(({ samples: count, ...rest }) => {
      const samples = new Int16Array(count);
      const sound = bytes.subarray(at, at + samples.byteLength);
      if (sound.length !== samples.byteLength) {
        throw new RangeError('cut off');
      }
      new Uint8Array(samples.buffer).set(sound);
      at += samples.byteLength;
      return { ...rest, samples };
    });
    return at === bytes.length ? chunks : undefined;
  } catch {
    return undefined;
  }
}

/** What chunks take in memory: their samples, and about 64 bytes a mark. */
export function speechBytes(chunks: readonly SpeechChunk[]): number {
  return chunks.reduce(
    (sum, { samples, phonemes, words }) =>
      sum + samples.byteLength + 64 * (phonemes.length + words.length),
    0,
  );
}
