/** The power of a sound in bands as the ear divides it, frame by frame: what echo is recognised by. */

/** Edges in Hz: what a loudspeaker, a room, a microphone and Opus leave of a voice, a third to half an octave each. */
const EDGES_HZ = [150, 250, 350, 450, 600, 750, 950, 1_200, 1_500, 1_900, 2_400, 3_000, 3_800];
export const BANDS = EDGES_HZ.length - 1;
/** A window of at least this length: three periods of a low voice. */
const WINDOW_MS = 24;

export class BandSpectrum {
  readonly #size: number;
  readonly #window: Float64Array;
  readonly #recent: Float64Array;
  readonly #real: Float64Array;
  readonly #imaginary: Float64Array;
  readonly #cosines: Float64Array;
  readonly #sines: Float64Array;
  /** For each bin its band, or −1. */
  readonly #bandOf: Int8Array;
  readonly #powers = new Float64Array(BANDS);

  constructor(sampleRateHz: number) {
    this.#size = 2 ** Math.ceil(Math.log2((sampleRateHz * WINDOW_MS) / 1_000));
    const size = this.#size;
    this.#recent = new Float64Array(size);
    this.#real = new Float64Array(size);
    this.#imaginary = new Float64Array(size);
    this.#cosines = Float64Array.from({ length: size / 2 }, (_, at) =>
      Math.cos((2 * Math.PI * at) / size),
    );
    this.#sines = Float64Array.from({ length: size / 2 }, (_, at) =>
      Math.sin((2 * Math.PI * at) / size),
    );
    this.#window = Float64Array.from(
      { length: size },
      (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (at + 0.5)) / size),
    );
    this.#bandOf = Int8Array.from({ length: size / 2 }, (_, bin) => {
      const hz = (bin * sampleRateHz) / size;
      return hz >= EDGES_HZ[BANDS]! ? -1 : EDGES_HZ.findLastIndex((edge) => hz >= edge);
    });
  }

  /**
   * Adds one frame of mono PCM, at most a window long, and gives the mean power in each band, in squared sample units.
   * The result is overwritten by the next call.
   */
  push(samples: Int16Array): Float64Array {
    const recent = this.#recent;
    recent.copyWithin(0, samples.length);
    for (let index = 0; index < samples.length; index += 1) {
      recent[recent.length - samples.length + index] = samples[index]!;
    }
    for (let at = 0; at < this.#size; at += 1) {
      this.#real[at] = recent[at]! * this.#window[at]!;
    }
    this.#imaginary.fill(0);
    this.#transform();
    this.#powers.fill(0);
    for (let bin = 0; bin < this.#bandOf.length; bin += 1) {
      const band = this.#bandOf[bin]!;
      if (band >= 0) {
        this.#powers[band]! += this.#real[bin]! ** 2 + this.#imaginary[bin]! ** 2;
      }
    }
    // A window of mean square 3/8, and both halves of the spectrum.
    const scale = 2 / (0.375 * this.#size ** 2);
    for (let band = 0; band < BANDS; band += 1) {
      this.#powers[band]! *= scale;
    }
    return this.#powers;
  }

  /** A fast Fourier transform in place, of radix 2. */
  #transform(): void {
    const size = this.#size;
    const real = this.#real;
    const imaginary = this.#imaginary;
    for (let at = 1, reversed = 0; at < size; at += 1) {
      let bit = size >> 1;
      for (; (reversed & bit) !== 0; bit >>= 1) {
        reversed ^= bit;
      }
      reversed ^= bit;
      if (at < reversed) {
        const held = real[at]!;
        real[at] = real[reversed]!;
        real[reversed] = held;
      }
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let offset = 0; offset < half; offset += 1) {
          const cosine = this.#cosines[offset * stride]!;
          const sine = this.#sines[offset * stride]!;
          const low = start + offset;
          const high = low + half;
          const turnedReal = real[high]! * cosine + imaginary[high]! * sine;
          const turnedImaginary = imaginary[high]! * cosine - real[high]! * sine;
          real[high] = real[low]! - turnedReal;
          imaginary[high] = imaginary[low]! - turnedImaginary;
          real[low]! += turnedReal;
          imaginary[low]! += turnedImaginary;
        }
      }
    }
  }
}
