/**
 * The sound's side of Wav2Lip's contract: 80 mel bands, 80 columns a second, of 16 kHz speech. Source: the hyper-parameters
 * and `audio.py` of the Wav2Lip project (pre-emphasis, periodic Hann window, centred frames, amplitude mel with Slaney's
 * scale and areas, decibels, symmetric normalisation to ±4).
 */
export const SAMPLE_RATE_HZ = 16_000;
export const HOP_SAMPLES = 200;
export const WINDOW_SAMPLES = 800;
export const MEL_BANDS = 80;
/** Columns that one picture hears: 200 ms. */
export const WINDOW_COLUMNS = 16;
export const COLUMNS_PER_SECOND = SAMPLE_RATE_HZ / HOP_SAMPLES;

const PREEMPHASIS = 0.97;
const LOWEST_HZ = 55;
const HIGHEST_HZ = 7_600;
const FLOOR = 1e-5;
const REFERENCE_DB = 20;
const LEAST_DB = -100;
const MOST = 4;
const BINS = WINDOW_SAMPLES / 2 + 1;

/** Column after column, 80 values each in -4..4; a column every 200 samples, one more than the sound has hops. */
export function melSpectrogram(samples: Float32Array): Float32Array {
  const emphasised = Float64Array.from(
    samples,
    (value, i) => value - PREEMPHASIS * (samples[i - 1] ?? 0),
  );
  const columns = Math.floor(samples.length / HOP_SAMPLES) + 1;
  const mel = new Float32Array(columns * MEL_BANDS);
  const frame = new Float64Array(WINDOW_SAMPLES);
  for (let column = 0; column < columns; column += 1) {
    const start = column * HOP_SAMPLES - WINDOW_SAMPLES / 2;
    for (let i = 0; i < WINDOW_SAMPLES; i += 1) {
      frame[i] = (emphasised[start + i] ?? 0) * HANN[i]!;
    }
    const amplitudes = amplitudesOf(frame);
    for (let band = 0; band < MEL_BANDS; band += 1) {
      const { first, weights } = FILTERS[band]!;
      let sum = 0;
      weights.forEach((weight, i) => {
        sum += weight * amplitudes[first + i]!;
      });
      const db = 20 * Math.log10(Math.max(FLOOR, sum)) - REFERENCE_DB;
      const value = (2 * MOST * (db - LEAST_DB)) / -LEAST_DB - MOST;
      mel[column * MEL_BANDS + band] = Math.min(MOST, Math.max(-MOST, value));
    }
  }
  return mel;
}

/**
 * What the picture at `tMs` hears, as the model takes it: [80, 16], bands first. It begins at the picture's own moment; where
 * the sound ends before, the last columns there are.
 */
export function melWindow(mel: Float32Array, tMs: number): Float32Array {
  const columns = mel.length / MEL_BANDS;
  const wanted = Math.floor((tMs * COLUMNS_PER_SECOND) / 1_000);
  const first = Math.max(0, Math.min(wanted, columns - WINDOW_COLUMNS));
  const window = new Float32Array(MEL_BANDS * WINDOW_COLUMNS).fill(-MOST);
  for (let column = 0; column < Math.min(WINDOW_COLUMNS, columns); column += 1) {
    for (let band = 0; band < MEL_BANDS; band += 1) {
      window[band * WINDOW_COLUMNS + column] = mel[(first + column) * MEL_BANDS + band]!;
    }
  }
  return window;
}

const HANN = Float64Array.from(
  { length: WINDOW_SAMPLES },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW_SAMPLES),
);

/** Of a real frame of 800 = 32 × 25 samples, for bins 0..400: 25 transforms of 32, joined by their twiddles. */
function amplitudesOf(frame: Float64Array): Float64Array {
  const [many, short] = [25, 32];
  const re = new Float64Array(WINDOW_SAMPLES);
  const im = new Float64Array(WINDOW_SAMPLES);
  for (let part = 0; part < many; part += 1) {
    for (let bin = 0; bin < short; bin += 1) {
      let [sumRe, sumIm] = [0, 0];
      for (let i = 0; i < short; i += 1) {
        const turn = (((bin * i) % short) * many) % WINDOW_SAMPLES;
        const value = frame[i * many + part]!;
        sumRe += value * COSINE[turn]!;
        sumIm -= value * SINE[turn]!;
      }
      re[part * short + bin] = sumRe;
      im[part * short + bin] = sumIm;
    }
  }
  const amplitudes = new Float64Array(BINS);
  for (let bin = 0; bin < BINS; bin += 1) {
    let [sumRe, sumIm] = [0, 0];
    for (let part = 0; part < many; part += 1) {
      const at = part * short + (bin % short);
      const turn = (bin * part) % WINDOW_SAMPLES;
      sumRe += re[at]! * COSINE[turn]! + im[at]! * SINE[turn]!;
      sumIm += im[at]! * COSINE[turn]! - re[at]! * SINE[turn]!;
    }
    amplitudes[bin] = Math.hypot(sumRe, sumIm);
  }
  return amplitudes;
}

const COSINE = Float64Array.from({ length: WINDOW_SAMPLES }, (_, i) =>
  Math.cos((2 * Math.PI * i) / WINDOW_SAMPLES),
);
const SINE = Float64Array.from({ length: WINDOW_SAMPLES }, (_, i) =>
  Math.sin((2 * Math.PI * i) / WINDOW_SAMPLES),
);

const FILTERS = melFilters();

/** Triangles between neighbouring bands, each of area 1 over its width in hertz. */
function melFilters(): { first: number; weights: Float64Array }[] {
  const [low, high] = [melOf(LOWEST_HZ), melOf(HIGHEST_HZ)];
  const edges = Array.from({ length: MEL_BANDS + 2 }, (_, i) =>
    hertzOf(low + ((high - low) * i) / (MEL_BANDS + 1)),
  );
  return Array.from({ length: MEL_BANDS }, (_, band) => {
    const [from, top, to] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
    const all = Float64Array.from({ length: BINS }, (_value, bin) => {
      const hertz = (bin * SAMPLE_RATE_HZ) / WINDOW_SAMPLES;
      const rise = (hertz - from) / (top - from);
      const fall = (to - hertz) / (to - top);
      return (Math.max(0, Math.min(rise, fall)) * 2) / (to - from);
    });
    const first = Math.max(
      0,
      all.findIndex((weight) => weight > 0),
    );
    return { first, weights: all.slice(first, all.findLastIndex((weight) => weight > 0) + 1) };
  });
}

/** Slaney's scale: even up to 1 kHz, logarithmic above. */
function melOf(hertz: number): number {
  return hertz < 1_000 ? (hertz * 3) / 200 : 15 + (27 * Math.log(hertz / 1_000)) / Math.log(6.4);
}

function hertzOf(mel: number): number {
  return mel < 15 ? (mel * 200) / 3 : 1_000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27);
}
