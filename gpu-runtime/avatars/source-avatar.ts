/**
 * An avatar as LiteAvatar's users have it: a folder with `net_encode.onnx`, `net_decode.onnx`, `ref_frames/ref_00000.jpg`
 * onwards, `bg_video.mp4`, `face_box.txt` (top, bottom, left, right in the video) and `neutral_pose.npy`.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RuntimeError } from '../errors.ts';
import { PARAMETERS } from '../face/decoder-graph.ts';
import { GRID, type Box, type Size } from '../face/geometry.ts';
import { ffmpeg } from '#media/face/neural/ffmpeg.ts';

export interface SourceAvatar {
  encoder: Uint8Array;
  decoder: Uint8Array;
  neutral: Float32Array;
  face: Box;
  video: Size;
  videoPath: string;
  /** Paths of the reference pictures, in order. */
  references: readonly string[];
}

/** Throws MODEL_INVALID with what is missing or damaged. */
export async function readSourceAvatar(folder: string): Promise<SourceAvatar> {
  const read = (name: string): Promise<Buffer> =>
    readFile(join(folder, name)).catch((cause: unknown) => {
      throw invalid(`${name} is missing.`, cause);
    });
  const numbers = (await read('face_box.txt')).toString('utf8').trim().split(/\s+/u).map(Number);
  const [top = 0, bottom = 0, left = 0, right = 0] = numbers;
  if (numbers.length !== 4 || !numbers.every(Number.isInteger) || bottom <= top || right <= left) {
    throw invalid('face_box.txt holds no four numbers: top, bottom, left, right.');
  }
  const names = await readdir(join(folder, 'ref_frames')).catch((cause: unknown) => {
    throw invalid('ref_frames is missing.', cause);
  });
  const references = names
    .filter((name) => /^ref_\d+\.(?:jpg|png)$/u.test(name))
    .sort()
    .map((name) => join(folder, 'ref_frames', name));
  if (references.length === 0) {
    throw invalid('ref_frames holds no ref_00000.jpg.');
  }
  const videoPath = join(folder, 'bg_video.mp4');
  const video = await sizeOf(videoPath);
  if (bottom > video.height || right > video.width) {
    throw invalid('face_box.txt lies outside the video.');
  }
  return {
    encoder: await read('net_encode.onnx'),
    decoder: await read('net_decode.onnx'),
    neutral: readNpy(await read('neutral_pose.npy')),
    face: { left, top, right, bottom },
    video,
    videoPath,
    references,
  };
}

/** A reference picture as the encoder takes it: RGB in -1..1, [3, 384, 384]. */
export async function readReference(path: string): Promise<Float32Array> {
  const scale = `scale=${String(GRID)}:${String(GRID)}:flags=bilinear`;
  const args = ['-i', path, '-vf', scale, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const pixels = await ffmpeg(args);
  const plane = GRID * GRID;
  const image = new Float32Array(3 * plane);
  for (let at = 0; at < plane; at += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      image[channel * plane + at] = pixels[at * 3 + channel]! / 127.5 - 1;
    }
  }
  return image;
}

/** From ffmpeg's first picture: a PGM says its own size. */
async function sizeOf(videoPath: string): Promise<Size> {
  const first = await ffmpeg([
    ...['-i', videoPath, '-frames:v', '1', '-pix_fmt', 'gray'],
    ...['-f', 'image2pipe', '-c:v', 'pgm', '-'],
  ]);
  const header = /^P5\s+(\d+)\s+(\d+)\s/u.exec(first.subarray(0, 64).toString('latin1'));
  if (header === null) {
    throw invalid('bg_video.mp4 shows no picture.');
  }
  return { width: Number(header[1]), height: Number(header[2]) };
}

/** A NumPy file of 32 floats or doubles. Source: numpy.lib.format, version 1. */
function readNpy(file: Buffer): Float32Array {
  const headerBytes = file.length > 10 ? file.readUInt16LE(8) : 0;
  const header = file.subarray(10, 10 + headerBytes).toString('latin1');
  const body = file.subarray(10 + headerBytes);
  const size = header.includes("'<f8'") ? 8 : header.includes("'<f4'") ? 4 : 0;
  if (file.subarray(1, 6).toString('latin1') !== 'NUMPY' || body.length !== PARAMETERS * size) {
    throw invalid('neutral_pose.npy does not hold 32 numbers.');
  }
  return Float32Array.from({ length: PARAMETERS }, (_, index) =>
    size === 8 ? body.readDoubleLE(index * 8) : body.readFloatLE(index * 4),
  );
}

function invalid(detail: string, cause?: unknown): RuntimeError {
  return new RuntimeError('MODEL_INVALID', {
    detail: `No LiteAvatar folder: ${detail}`,
    ...(cause === undefined ? {} : { cause }),
  });
}
