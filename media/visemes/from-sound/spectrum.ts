/** The sound of each 10 ms as energies of bands, relative to how loud this voice is: what the network listens to. */

export const HOP_MS = 10;
const WINDOW_MS = 25;
const LOWEST_HZ = 80;
const HIGHEST_HZ = 7_600;
/** Energies are scaled to what a 400-sample window and a transform of 512 give at 16 kHz, where the network learnt. */
const LEARNT_SCALE = 400 * 512;
/** How loud a voice is taken to be before it was heard, and how quiet one may be. Decibels of summed band energies. */
const FIRST_LEVEL_DB = 118;
const LEAST_LEVEL_DB = 95;
/** The level follows loud sound at once and forgets it by this much each 10 ms. */
const LEVEL_DECAY_DB = 0.04;
const LOWEST_FEATURE = -3.5;
const HIGHEST_FEATURE = 0.5;
const DB_PER_UNIT = 20;

export interface SoundFrame {
  features: Float32Array;
  /** Loudness against the voice's own, in decibels; about 0 in loud vowels. */
  levelDb: number;
}

/** Cuts sound into frames of HOP_MS, each seen through a window of 25 ms around it. */
export class Spectrum {
  readonly #hop: number;
  readonly #window: Float64Array;
  readonly #size: number;
  readonly #bands: { from: number; weights: Float64Array }[];
  readonly #scale: number;
  /** Sound that still waits; it begins with what the next frame's window sees before the frame. */
  #waiting: Float64Array;
  #levelDb = FIRST_LEVEL_DB;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;

  constructor(sampleRateHz: number, bands: number) {
    this.#hop = Math.round((sampleRateHz * HOP_MS) / 1_000);
    const length = Math.round((sampleRateHz * WINDOW_MS) / 1_000);
    this.#size = 2 ** Math.ceil(Math.log2(length));
    this.#window = Float64Array.from(
      { length },
      (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / length),
    );
    this.#scale = LEARNT_SCALE / (length * this.#size);
    this.#bands = melBands(bands, sampleRateHz, this.#size);
    this.#waiting = new Float64Array(Math.floor((length - this.#hop) / 2));
    this.#real = new Float64Array(this.#size);
    this.#imaginary = new Float64Array(this.#size);
  }

  /** The frames that are whole by now. */
  push(samples: Int16Array): SoundFrame[] {
    const waiting = new Float64Array(this.#waiting.length + samples.length);
    waiting.set(this.#waiting);
    waiting.set(samples, this.#waiting.length);
    const frames: SoundFrame[] = [];
    let at = 0;
    for (; at + this.#window.length <= waiting.length; at += this.#hop) {
      frames.push(this.#frame(waiting.subarray(at, at + this.#window.length)));
    }
    this.#waiting = waiting.slice(at);
    return frames;
  }

  /** The frames whose windows reach beyond the end of the sound: silence follows. */
  end(): SoundFrame[] {
    return this.push(new Int16Array(this.#window.length - 1));
  }

  #frame(sound: Float64Array): SoundFrame {
    this.#real.fill(0);
    this.#imaginary.fill(0);
    for (let at = 0; at < sound.length; at += 1) {
      this.#real[at] = sound[at]! * this.#window[at]!;
    }
    transform(this.#real, this.#imaginary);
    let total = 0;
    for (let bin = 0; bin <= this.#size / 2; bin += 1) {
      total += this.#power(bin);
    }
    const totalDb = decibels(total);
    this.#levelDb = Math.max(totalDb, this.#levelDb - LEVEL_DECAY_DB, LEAST_LEVEL_DB);
    const features = Float32Array.from(this.#bands, ({ from, weights }) => {
      let energy = 0;
      weights.forEach((weight, index) => {
        energy += weight * this.#power(from + index);
      });
      const feature = (decibels(energy) - this.#levelDb) / DB_PER_UNIT;
      return Math.min(HIGHEST_FEATURE, Math.max(LOWEST_FEATURE, feature));
    });
    return { features, levelDb: totalDb - this.#levelDb };
  }

  #power(bin: number): number {
    return this.#scale * (this.#real[bin]! ** 2 + this.#imaginary[bin]! ** 2);
  }
}

const decibels = (energy: number): number => 10 * Math.log10(energy + 1);

/** Triangles between LOWEST_HZ and HIGHEST_HZ, evenly spaced on the mel scale; bins above half the rate are left out. */
function melBands(count: number, sampleRateHz: number, size: number) {
  const toMel = (hz: number): number => 1_127 * Math.log1p(hz / 700);
  const lowest = toMel(LOWEST_HZ);
  const step = (toMel(HIGHEST_HZ) - lowest) / (count + 1);
  const edgeHz = (edge: number): number => 700 * Math.expm1((lowest + edge * step) / 1_127);
  const binHz = sampleRateHz / size;
  return Array.from({ length: count }, (_, band) => {
    const [low, middle, high] = [edgeHz(band), edgeHz(band + 1), edgeHz(band + 2)];
    const from = Math.ceil(low / binHz);
    const to = Math.min(size / 2, Math.floor(high / binHz));
    const weights = Float64Array.from({ length: Math.max(0, to - from + 1) }, (__, index) => {
      const hz = (from + index) * binHz;
      return Math.max(0, Math.min((hz - low) / (middle - low), (high - hz) / (high - middle)));
    });
    return { from, weights };
  });
}

/** Fast Fourier transform in place; the length is a power of two. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let at = 1, reversed = 0; at < size; at += 1) {
    let bit = size >> 1;
    for (; reversed & bit; bit >>= 1) {
      reversed ^= bit;
    }
    reversed ^= bit;
    if (at < reversed) {
      [real[at], real[reversed]] = [real[reversed]!, real[at]!];
      [imaginary[at], imaginary[reversed]] = [imaginary[reversed]!, imaginary[at]!];
    }
  }
  for (let span = 2; span <= size; span *= 2) {
    const half = span / 2;
    const turn = (-2 * Math.PI) / span;
    for (let offset = 0; offset < half; offset += 1) {
      const cosine = Math.cos(turn * offset);
      const sine = Math.sin(turn * offset);
      for (let even = offset; even < size; even += span) {
        const odd = even + half;
        const re = real[odd]! * cosine - imaginary[odd]! * sine;
        const im = real[odd]! * sine + imaginary[odd]! * cosine;
        real[odd] = real[even]! - re;
        imaginary[odd] = imaginary[even]! - im;
        real[even] = real[even]! + re;
        imaginary[even] = imaginary[even]! + im;
      }
    }
  }
}
