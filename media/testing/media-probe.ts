/** What ffmpeg and ffprobe make of a file. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const LARGEST_OUTPUT_BYTES = 256 * 1024 * 1024;

export interface ProbedStream {
  codec_type: 'video' | 'audio' | 'subtitle';
  codec_name: string;
  width?: number;
  height?: number;
  duration?: string;
  start_time?: string;
}

export interface Probed {
  durationS: number;
  streams: ProbedStream[];
}

export async function probe(path: string): Promise<Probed> {
  const args = ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', path];
  const { stdout } = await run('ffprobe', args);
  const found = JSON.parse(stdout) as { streams: ProbedStream[]; format: { duration: string } };
  return { durationS: Number(found.format.duration), streams: found.streams };
}

/** One channel of a file's sound from time 0 on: 0 left, 1 right. */
export async function soundOf(
  path: string,
  rateHz: number,
  channel: 0 | 1 = 0,
): Promise<Int16Array> {
  const bytes = await decoded([
    ...['-i', path, '-af', `aresample=async=1:first_pts=0,pan=mono|c0=c${String(channel)}`],
    ...['-ar', String(rateHz), '-f', 's16le', '-'],
  ]);
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** The pictures of a file as planes of brightness, each of width × height bytes. */
export async function brightnessOf(
  path: string,
  widthPx: number,
  heightPx: number,
): Promise<Uint8Array[]> {
  const bytes = await decoded([
    ...['-i', path, '-vf', `scale=${String(widthPx)}:${String(heightPx)}`],
    ...['-pix_fmt', 'gray', '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'],
  ]);
  const size = widthPx * heightPx;
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

/** When a sound of some ms first becomes louder than `level` (root mean square), in ms. */
export function onsetMs(sound: Int16Array, rateHz: number, fromMs = 0, level = 300): number {
  const window = rateHz / 200;
  for (let at = Math.round((fromMs * rateHz) / 1_000); at + window <= sound.length; at += window) {
    let energy = 0;
    for (let index = at; index < at + window; index += 1) {
      energy += sound[index]! ** 2;
    }
    if (Math.sqrt(energy / window) > level) {
      return (at * 1_000) / rateHz;
    }
  }
  return Number.NaN;
}

/** How much later `sound` is than `reference`, in ms, where they are most alike; and how alike, 0..1. */
export function lagMs(
  reference: Int16Array,
  sound: Int16Array,
  rateHz: number,
  mostMs = 100,
): { lagMs: number; likeness: number } {
  const most = Math.round((mostMs * rateHz) / 1_000);
  let best = { lagMs: 0, likeness: 0 };
  for (let lag = -most; lag <= most; lag += 1) {
    let [dot, one, other] = [0, 0, 0];
    for (let at = most; at < Math.min(reference.length, sound.length) - most; at += 3) {
      const [a, b] = [reference[at]!, sound[at + lag]!];
      dot += a * b;
      one += a * a;
      other += b * b;
    }
    const likeness = dot / Math.sqrt(one * other || 1);
    if (likeness > best.likeness) {
      best = { lagMs: (lag * 1_000) / rateHz, likeness };
    }
  }
  return best;
}

async function decoded(args: readonly string[]): Promise<Buffer> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-nostdin', ...args], {
    encoding: 'buffer',
    maxBuffer: LARGEST_OUTPUT_BYTES,
  });
  return stdout;
}
