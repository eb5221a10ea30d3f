import { FourierTransform } from './fourier.ts';
import { melFilterbank } from './mel-filterbank.ts';

export const SAMPLE_RATE_HZ = 16_000;
/** Whisper's analysis: a 25 ms Hann window every 10 ms. */
const FFT_LENGTH = 400;
const HOP_SAMPLES = 160;
export const MEL_BANDS = 80;
/** Smart-turn looks at the last 8 s. */
export const WINDOW_FRAMES = 800;
const WINDOW_SAMPLES = WINDOW_FRAMES * HOP_SAMPLES;
/** Whisper's floor before the logarithm. */
const POWER_FLOOR = 1e-10;
/** Everything weaker than 80 dB under the loudest cell is cut off. */
const DYNAMIC_RANGE_LOG10 = 8;
const VARIANCE_EPSILON = 1e-7;
/** A periodic Hann window's transform at bin 1 is -length / 4: what a constant offset adds there. */
const HANN_LEAK = -FFT_LENGTH / 4;
/** Only the bands that contain bin 1 feel the removal of the mean; bin 0 has no weight in any band. */
const LEAKY_BAND_COUNT = 2;
/** How much of the newest sound can be taken back. */
export const REWINDABLE_SAMPLES = 2 * SAMPLE_RATE_HZ;
const FRAME_SLOTS = WINDOW_FRAMES + REWINDABLE_SAMPLES / HOP_SAMPLES;
/** Samples kept beyond the window, so that a frame at its left edge can still see its neighbours. */
const RING_SAMPLES = WINDOW_SAMPLES + FFT_LENGTH + REWINDABLE_SAMPLES;
/** One slot per 10 ms, and one for the 10 ms that are still filling. */
const STATISTICS_SLOTS = FRAME_SLOTS + 1;

const HANN = Float64Array.from(
  { length: FFT_LENGTH },
  (_, index) => 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / FFT_LENGTH),
);
const FILTERS = melFilterbank({
  filters: MEL_BANDS,
  fftLength: FFT_LENGTH,
  sampleRateHz: SAMPLE_RATE_HZ,
});

/** One analysed frame before normalisation. */
interface Frame {
  /** log10 of each band's power. */
  logPower: Float64Array;
  /** Power in the leaky bands without bin 1, and bin 1 itself, so that the mean can be taken out later. */
  leakyPower: Float64Array;
  bin1Re: number;
  bin1Im: number;
}

const SILENT_FRAME: Frame = {
  logPower: new Float64Array(MEL_BANDS).fill(Math.log10(POWER_FLOOR)),
  leakyPower: new Float64Array(LEAKY_BAND_COUNT),
  bin1Re: 0,
  bin1Im: 0,
};

/**
 * Whisper's log-mel features of the last 8 s of one turn, kept up to date while sound arrives: each 10 ms costs one
 * transform, and asking costs only the final scaling. Sound before the turn counts as digital silence.
 *
 * The recipe follows smart-turn's own (the waveform of the 8 s window is brought to zero mean and unit variance, the
 * frames are centred with mirrored edges, the last frame is dropped, cells are clamped to 80 dB below the loudest,
 * then `(x + 4) / 4`). Normalising the waveform only shifts every log power by the same amount, except in the two
 * bands that bin 1 reaches, where the mean is taken out exactly.
 */
export class LogMelWindow {
  readonly #fourier = new FourierTransform(FFT_LENGTH);
  readonly #windowed = new Float64Array(FFT_LENGTH);
  readonly #ring = new Int16Array(RING_SAMPLES);
  readonly #frames: Frame[] = [];
  readonly #sums = new Float64Array(STATISTICS_SLOTS);
  readonly #squares = new Float64Array(STATISTICS_SLOTS);
  #samples = 0;

  /** Samples pushed since the turn began. */
  get samples(): number {
    return this.#samples;
  }

  /** Begins a new turn; everything before it counts as silence. */
  reset(): void {
    this.#samples = 0;
    this.#frames.length = 0;
    this.#ring.fill(0);
    this.#sums.fill(0);
    this.#squares.fill(0);
  }

  /**
   * Takes back what was pushed after the first `samples` of the turn, down to a whole 10 ms; what is pushed next follows
   * there. At most `REWINDABLE_SAMPLES` can be taken back: of a longer stretch the oldest part stays.
   */
  rewind(samples: number): void {
    const least = Math.max(0, samples, this.#samples - REWINDABLE_SAMPLES);
    if (least < this.#samples) this.#samples = Math.floor(least / HOP_SAMPLES) * HOP_SAMPLES;
  }

  /** Adds mono 16 kHz PCM of any length. The samples are copied. */
  push(samples: Int16Array): void {
    for (const sample of samples) {
      const at = this.#samples;
      this.#ring[at % RING_SAMPLES] = sample;
      const slot = Math.floor(at / HOP_SAMPLES) % STATISTICS_SLOTS;
      const value = sample / 32_768;
      const first = at % HOP_SAMPLES === 0;
      this.#sums[slot] = (first ? 0 : (this.#sums[slot] ?? 0)) + value;
      this.#squares[slot] = (first ? 0 : (this.#squares[slot] ?? 0)) + value * value;
      this.#samples = at + 1;
      const frame = (this.#samples - FFT_LENGTH / 2) / HOP_SAMPLES;
      if (frame >= 0 && Number.isInteger(frame)) {
        this.#frames[frame % FRAME_SLOTS] = this.#analyse(frame * HOP_SAMPLES, -Infinity, Infinity);
      }
    }
  }

  /**
   * The features of the 8 s that end at the last whole 10 ms, band by band: `MEL_BANDS * WINDOW_FRAMES` values, the
   * caller's to keep.
   */
  features(): Float32Array<ArrayBuffer> {
    const endFrame = Math.floor(this.#samples / HOP_SAMPLES);
    const { mean, deviation } = this.#statistics(endFrame);
    const shift = -2 * Math.log10(deviation);
    const out = new Float32Array(MEL_BANDS * WINDOW_FRAMES);
    let loudest = -Infinity;
    for (let column = 0; column < WINDOW_FRAMES; column += 1) {
      const frame = this.#frameAt(endFrame, column);
      for (let band = 0; band < MEL_BANDS; band += 1) {
        const power =
          band < LEAKY_BAND_COUNT ? leakyLogPower(frame, band, mean) : (frame.logPower[band] ?? 0);
        const value = Math.max(power + shift, Math.log10(POWER_FLOOR));
        if (value > loudest) loudest = value;
        out[band * WINDOW_FRAMES + column] = value;
      }
    }
    const floor = loudest - DYNAMIC_RANGE_LOG10;
    for (let index = 0; index < out.length; index += 1) {
      out[index] = (Math.max(out[index] ?? 0, floor) + 4) / 4;
    }
    return out;
  }

  /** The frame in `column` of a window that ends at `endFrame`; frames that the window's edges cut are mirrored. */
  #frameAt(endFrame: number, column: number): Frame {
    const index = endFrame - WINDOW_FRAMES + column;
    const centre = index * HOP_SAMPLES;
    const from = (endFrame - WINDOW_FRAMES) * HOP_SAMPLES;
    const to = endFrame * HOP_SAMPLES;
    if (centre - FFT_LENGTH / 2 < from || centre + FFT_LENGTH / 2 > to) {
      return this.#analyse(centre, from, to);
    }
    if (index < 0) {
      return centre + FFT_LENGTH / 2 > 0 ? this.#analyse(centre, from, to) : SILENT_FRAME;
    }
    return this.#frames[index % FRAME_SLOTS] ?? SILENT_FRAME;
  }

  #statistics(endFrame: number): { mean: number; deviation: number } {
    let sum = 0;
    let square = 0;
    const first = Math.max(0, endFrame - WINDOW_FRAMES);
    for (let frame = first; frame < endFrame; frame += 1) {
      sum += this.#sums[frame % STATISTICS_SLOTS] ?? 0;
      square += this.#squares[frame % STATISTICS_SLOTS] ?? 0;
    }
    const mean = sum / WINDOW_SAMPLES;
    const variance = Math.max(0, square / WINDOW_SAMPLES - mean * mean);
    return { mean, deviation: Math.sqrt(variance + VARIANCE_EPSILON) };
  }

  /** Analyses the frame around sample `centre`, mirroring at `from` and before `to`. */
  #analyse(centre: number, from: number, to: number): Frame {
    for (let offset = 0; offset < FFT_LENGTH; offset += 1) {
      let at = centre - FFT_LENGTH / 2 + offset;
      if (at < from) at = 2 * from - at;
      if (at >= to) at = 2 * (to - 1) - at;
      const sample = at < 0 || at >= this.#samples ? 0 : (this.#ring[at % RING_SAMPLES] ?? 0);
      this.#windowed[offset] = ((HANN[offset] ?? 0) * sample) / 32_768;
    }
    const { re, im } = this.#fourier.real(this.#windowed);
    const logPower = new Float64Array(MEL_BANDS);
    const leakyPower = new Float64Array(LEAKY_BAND_COUNT);
    for (const [band, { firstBin, weights }] of FILTERS.entries()) {
      let sum = 0;
      let leaky = 0;
      for (const [index, weight] of weights.entries()) {
        const bin = firstBin + index;
        const a = re[bin] ?? 0;
        const b = im[bin] ?? 0;
        const power = weight * (a * a + b * b);
        sum += power;
        if (bin !== 1) leaky += power;
      }
      logPower[band] = Math.log10(Math.max(sum, Number.MIN_VALUE));
      if (band < LEAKY_BAND_COUNT) leakyPower[band] = leaky;
    }
    return { logPower, leakyPower, bin1Re: re[1] ?? 0, bin1Im: im[1] ?? 0 };
  }
}

function leakyLogPower(frame: Frame, band: number, mean: number): number {
  const filter = FILTERS[band];
  const weight = filter?.weights[1 - filter.firstBin] ?? 0;
  const re = frame.bin1Re - mean * HANN_LEAK;
  const power = (frame.leakyPower[band] ?? 0) + weight * (re * re + frame.bin1Im ** 2);
  return Math.log10(Math.max(power, Number.MIN_VALUE));
}
