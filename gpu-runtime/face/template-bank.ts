/**
 * An avatar's bank: the encoder's feature maps of every picture of its template, as half floats, and the part of the last
 * normalisation's statistics that lies outside the window. It stays in the runtime; a request names a picture.
 *
 * `bank.bin` holds one record per picture: the feature maps in the order of FEATURE_NAMES, then `outside_mean` and
 * `outside_square` as floats, all little endian.
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readAvatarManifest, type AvatarManifest } from '#media/face/neural/avatar-manifest.ts';
import { MediaError } from '#media/errors.ts';
import { RuntimeError } from '../errors.ts';
import { FEATURE_NAMES, FEATURES, featureSize, type FeatureName } from './decoder-graph.ts';

export const NORM_CHANNELS = 32;

/** Where a part of a record lies, in bytes, and the shape of one row of it. */
export interface RecordPart {
  /** The decoder's input. */
  name: string;
  datatype: 'FP16' | 'FP32';
  offset: number;
  bytes: number;
  shape: readonly number[];
}

export const RECORD_PARTS: readonly RecordPart[] = recordParts();
export const RECORD_BYTES = RECORD_PARTS.reduce((sum, { bytes }) => sum + bytes, 0);

export interface TemplateBank {
  manifest: AvatarManifest;
  /** The decoder's ONNX file. */
  decoder: Uint8Array<SharedArrayBuffer>;
  /** All records, in memory that threads share. */
  records: SharedArrayBuffer;
  /** What it holds of the memory. */
  bytes: number;
}

/** Half floats of one feature map in one record. */
export function featurePart(name: FeatureName): RecordPart {
  return RECORD_PARTS.find((part) => part.name === `${name}_half`)!;
}

/** How many bytes the avatar in `folder` will take. Throws MODEL_INVALID. */
export async function bankBytes(folder: string): Promise<number> {
  const manifest = await manifestOf(folder);
  const decoder = await sizeOf(join(folder, manifest.files.decoder));
  return manifest.frames * RECORD_BYTES + decoder;
}

/** Throws MODEL_INVALID where the folder holds no whole avatar. */
export async function loadBank(folder: string): Promise<TemplateBank> {
  const manifest = await manifestOf(folder);
  const records = await readShared(join(folder, manifest.files.bank));
  const wanted = manifest.frames * RECORD_BYTES;
  if (records.byteLength !== wanted) {
    throw new RuntimeError('MODEL_INVALID', {
      detail: `Avatar “${manifest.id}”: its bank has ${String(records.byteLength)} bytes where ${String(manifest.frames)} pictures take ${String(wanted)}.`,
    });
  }
  const decoder = new Uint8Array(await readShared(join(folder, manifest.files.decoder)));
  return { manifest, decoder, records, bytes: records.byteLength + decoder.byteLength };
}

async function manifestOf(folder: string): Promise<AvatarManifest> {
  try {
    return await readAvatarManifest(folder);
  } catch (cause) {
    const detail = cause instanceof MediaError ? cause.message : String(cause);
    throw new RuntimeError('MODEL_INVALID', { detail, cause });
  }
}

async function sizeOf(path: string): Promise<number> {
  const file = await opened(path);
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** The whole file, read straight into memory that threads share. */
async function readShared(path: string): Promise<SharedArrayBuffer> {
  const file = await opened(path);
  try {
    const { size } = await file.stat();
    const shared = new SharedArrayBuffer(size);
    const view = new Uint8Array(shared);
    const step = 16 * 2 ** 20;
    for (let at = 0; at < size; at += step) {
      const piece = new Uint8Array(Math.min(step, size - at));
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead !== piece.length) {
        throw new RuntimeError('MODEL_INVALID', { detail: 'A file of the avatar is cut off.' });
      }
      view.set(piece, at);
    }
    return shared;
  } finally {
    await file.close();
  }
}

function opened(path: string): ReturnType<typeof open> {
  return open(path, 'r').catch((cause: unknown) => {
    throw new RuntimeError('MODEL_INVALID', { detail: 'A file of the avatar is missing.', cause });
  });
}

function recordParts(): RecordPart[] {
  const parts: RecordPart[] = [];
  let offset = 0;
  const put = (name: string, datatype: 'FP16' | 'FP32', shape: readonly number[]): void => {
    const elements = shape.reduce((product, size) => product * size, 1);
    const bytes = elements * (datatype === 'FP16' ? 2 : 4);
    parts.push({ name, datatype, offset, bytes, shape });
    offset += bytes;
  };
  for (const name of FEATURE_NAMES) {
    const { width, height } = featureSize(name);
    put(`${name}_half`, 'FP16', [FEATURES[name].channels, height, width]);
  }
  put('outside_mean', 'FP32', [NORM_CHANNELS, 1, 1]);
  put('outside_square', 'FP32', [NORM_CHANNELS, 1, 1]);
  return parts;
}
