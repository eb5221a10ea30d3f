import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

export const SAMPLE_RATE_HZ = 16_000;
const run = promisify(execFile);
/** Room tone is measured in steps of 20 ms. */
const STEP_SAMPLES = 320;
/** A bed of 240 ms: long enough not to buzz when repeated, short enough to exist in every file. */
const BED_STEPS = 12;
/** Joints fade over 10 ms. */
const FADE_SAMPLES = 160;

/** Reads any sound file as mono 16 kHz PCM. WAV files of that format are read directly, others through ffmpeg. */
export async function readRecording(path: string): Promise<Int16Array> {
  if (path.endsWith('.wav')) return wavSamples(await readFile(path));
  const { stdout } = await run(
    'ffmpeg',
    ['-v', 'error', '-i', path, '-ac', '1', '-ar', String(SAMPLE_RATE_HZ), '-f', 's16le', '-'],
    { encoding: 'buffer', maxBuffer: 1 << 28 },
  );
  return int16(stdout);
}

function wavSamples(file: Buffer): Int16Array {
  const data = file.indexOf('data', 12, 'latin1');
  if (file.readUInt32LE(24) !== SAMPLE_RATE_HZ || file.readUInt16LE(22) !== 1 || data < 0) {
    throw new Error('Only mono 16 kHz WAV files are read.');
  }
  return int16(file.subarray(data + 8));
}

function int16(bytes: Buffer): Int16Array {
  const samples = new Int16Array(bytes.length >> 1);
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = bytes.readInt16LE(2 * index);
  }
  return samples;
}

/** The quietest stretch of 240 ms of a recording, for filling pauses with its own room. */
export function roomTone(samples: Int16Array): Int16Array {
  const energies: number[] = [];
  for (let at = 0; at + STEP_SAMPLES <= samples.length; at += STEP_SAMPLES) {
    let energy = 0;
    for (let index = at; index < at + STEP_SAMPLES; index += 1)
      energy += (samples[index] ?? 0) ** 2;
    energies.push(energy);
  }
  let best = 0;
  let least = Infinity;
  for (let step = 0; step + BED_STEPS <= energies.length; step += 1) {
    const sum = energies.slice(step, step + BED_STEPS).reduce((a, b) => a + b, 0);
    // Digital silence is no room.
    if (sum > 0 && sum < least) [least, best] = [sum, step];
  }
  return samples.slice(best * STEP_SAMPLES, (best + BED_STEPS) * STEP_SAMPLES);
}

/** `samples` followed by `fillMs` of `tone`, repeated forwards and backwards so that it never jumps. */
export function withTone(samples: Int16Array, tone: Int16Array, fillMs: number): Int16Array {
  const fill = Math.round((fillMs * SAMPLE_RATE_HZ) / 1000);
  const out = new Int16Array(samples.length + fill);
  out.set(samples);
  const faded = Math.min(FADE_SAMPLES, samples.length);
  for (let index = 0; index < fill; index += 1) {
    const phase = index % (2 * tone.length);
    const at = phase < tone.length ? phase : 2 * tone.length - 1 - phase;
    out[samples.length + index] = tone[at] ?? 0;
  }
  for (let index = 0; index < faded; index += 1) {
    const at = samples.length - faded + index;
    out[at] = Math.round((out[at] ?? 0) * (1 - index / faded));
  }
  return out;
}
