/**
 * Time-scale modification by waveform similarity (WSOLA; Verhelst & Roelands 1993), a period at a time: sound is crossfaded
 * into itself at the shift at which it is most like itself, so it gets longer or shorter and its pitch stays.
 */

/** Periods of voices, 400 to 67 Hz. */
const SHORTEST_LAG_MS = 2.5;
const LONGEST_LAG_MS = 15;
/** Similarity is sought at about this rate, and then refined. */
const COARSE_HZ = 4_000;
/** Below this mean level any shift is as good as another: there is no voice. */
const QUIET_RMS = 120;
/** Less alike than this, a crossfade would be heard. */
const LEAST_LIKENESS = 0.6;

/** Lags in samples for a rate. */
export function lagRange(sampleRateHz: number): { shortest: number; longest: number } {
  return {
    shortest: Math.round((SHORTEST_LAG_MS * sampleRateHz) / 1_000),
    longest: Math.round((LONGEST_LAG_MS * sampleRateHz) / 1_000),
  };
}

/**
 * The shift between `shortest` and `longest` at which `length` samples from `at` are most like those from `at + shift`
 * (direction 1) or `at − shift` (−1). Undefined where nothing is alike enough.
 */
export function bestLag(
  sound: Int16Array,
  at: number,
  length: number,
  direction: 1 | -1,
  range: { shortest: number; longest: number },
  sampleRateHz: number,
): number | undefined {
  const step = Math.max(1, Math.round(sampleRateHz / COARSE_HZ));
  if (power(sound, at, length, step) < QUIET_RMS * QUIET_RMS) {
    return range.longest;
  }
  let best = range.shortest;
  let bestLikeness = -1;
  for (let lag = range.shortest; lag <= range.longest; lag += step) {
    const likeness = likenessOf(sound, at, at + direction * lag, length, step);
    if (likeness > bestLikeness) {
      bestLikeness = likeness;
      best = lag;
    }
  }
  const from = Math.max(range.shortest, best - step);
  const to = Math.min(range.longest, best + step);
  bestLikeness = -1;
  for (let lag = from; lag <= to; lag += 1) {
    const likeness = likenessOf(sound, at, at + direction * lag, length, 1);
    if (likeness > bestLikeness) {
      bestLikeness = likeness;
      best = lag;
    }
  }
  return bestLikeness >= LEAST_LIKENESS ? best : undefined;
}

/** Normalised correlation of two stretches, −1..1; every `step`-th sample. */
function likenessOf(sound: Int16Array, a: number, b: number, length: number, step: number): number {
  let product = 0;
  let powerA = 0;
  let powerB = 0;
  for (let index = 0; index < length; index += step) {
    const x = sound[a + index]!;
    const y = sound[b + index]!;
    product += x * y;
    powerA += x * x;
    powerB += y * y;
  }
  const norm = Math.sqrt(powerA * powerB);
  return norm === 0 ? 0 : product / norm;
}

/** Mean square of a stretch. */
function power(sound: Int16Array, at: number, length: number, step: number): number {
  let sum = 0;
  let count = 0;
  for (let index = 0; index < length; index += step) {
    sum += sound[at + index]! ** 2;
    count += 1;
  }
  return sum / count;
}

/** Crossfades `length` samples from those at `a` to those at `b`, with a raised cosine, into `target`. */
export function crossfade(
  target: Int16Array,
  soundA: Int16Array,
  a: number,
  soundB: Int16Array,
  b: number,
  length: number,
): void {
  for (let index = 0; index < length; index += 1) {
    const share = (1 - Math.cos((Math.PI * (index + 0.5)) / length)) / 2;
    target[index] = Math.round(soundA[a + index]! * (1 - share) + soundB[b + index]! * share);
  }
}

/** Multiplies sound, in place, by a raised-cosine ramp between two gains. */
export function ramp(samples: Int16Array, from: number, to: number): Int16Array {
  for (let index = 0; index < samples.length; index += 1) {
    const progress = (1 - Math.cos((Math.PI * (index + 1)) / samples.length)) / 2;
    samples[index] = Math.round(samples[index]! * (from + (to - from) * progress));
  }
  return samples;
}
