/** Slaney's mel scale: linear below 1 kHz (15 mel), logarithmic above, 27 steps for a factor of 6.4. */
const LINEAR_LIMIT_HZ = 1000;
const LINEAR_LIMIT_MEL = 15;
const LOG_STEP = Math.log(6.4) / 27;

/** One triangular filter: weights for consecutive bins from `firstBin`. */
export interface MelFilter {
  firstBin: number;
  weights: Float64Array;
}

export function hertzToMel(hertz: number): number {
  return hertz < LINEAR_LIMIT_HZ
    ? (3 * hertz) / 200
    : LINEAR_LIMIT_MEL + Math.log(hertz / LINEAR_LIMIT_HZ) / LOG_STEP;
}

export function melToHertz(mel: number): number {
  return mel < LINEAR_LIMIT_MEL
    ? (200 * mel) / 3
    : LINEAR_LIMIT_HZ * Math.exp(LOG_STEP * (mel - LINEAR_LIMIT_MEL));
}

/**
 * Triangular filters from 0 Hz to half the sample rate, each of unit area (Slaney's norm), over the
 * `fftLength / 2 + 1` bins of a real transform. This is the bank that Whisper's features use with 80 filters.
 */
export function melFilterbank(options: {
  filters: number;
  fftLength: number;
  sampleRateHz: number;
}): MelFilter[] {
  const { filters, fftLength, sampleRateHz } = options;
  const topMel = hertzToMel(sampleRateHz / 2);
  const edgeHz = (index: number): number => melToHertz((topMel * index) / (filters + 1));
  const binHz = sampleRateHz / fftLength;
  const bins = fftLength / 2 + 1;
  return Array.from({ length: filters }, (_, index) => {
    const [low, middle, high] = [edgeHz(index), edgeHz(index + 1), edgeHz(index + 2)];
    const area = 2 / (high - low);
    const firstBin = Math.floor(low / binHz) + 1;
    const weights: number[] = [];
    for (let bin = firstBin; bin < bins && bin * binHz < high; bin += 1) {
      const hertz = bin * binHz;
      weights.push(
        area * Math.min((hertz - low) / (middle - low), (high - hertz) / (high - middle)),
      );
    }
    return { firstBin, weights: Float64Array.from(weights) };
  });
}
