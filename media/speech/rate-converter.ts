/** Changes the sample rate of speech and nothing else: a table of filters, one for each place between two samples. */

/** 8 input samples on each side of an output sample: errors stay 50 dB below speech. */
const HALF_WIDTH = 8;
/** The filter begins to close a little below the lower of both half rates. */
const CUTOFF = 0.94;

interface Conversion {
  /** Output and input samples of one round through the table. */
  up: number;
  down: number;
  /** `up` filters of `taps` weights each. */
  weights: Float32Array;
  taps: number;
}

const conversions = new Map<string, Conversion>();

/** New samples at `toHz`; the same array where both rates are equal. Times in milliseconds stay as they are. */
export function convertRate(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) {
    return samples;
  }
  const { up, down, weights, taps } = conversionOf(fromHz, toHz);
  const half = taps / 2;
  const padded = new Float32Array(samples.length + 2 * taps);
  padded.set(samples, taps);
  const output = new Int16Array(Math.round((samples.length * up) / down));
  let phase = 0;
  let from = taps - half + 1;
  for (let at = 0; at < output.length; at += 1) {
    const row = phase * taps;
    // Two sums, eight taps at a time: the processor then does not wait for each addition.
    let even = 0;
    let odd = 0;
    for (let tap = 0; tap < taps; tap += 8) {
      const weight = row + tap;
      const sample = from + tap;
      even +=
        weights[weight]! * padded[sample]! +
        weights[weight + 2]! * padded[sample + 2]! +
        (weights[weight + 4]! * padded[sample + 4]! + weights[weight + 6]! * padded[sample + 6]!);
      odd +=
        weights[weight + 1]! * padded[sample + 1]! +
        weights[weight + 3]! * padded[sample + 3]! +
        (weights[weight + 5]! * padded[sample + 5]! + weights[weight + 7]! * padded[sample + 7]!);
    }
    const value = even + odd;
    // Int16Array cuts towards zero.
    output[at] =
      value < -32_768 ? -32_768 : value > 32_767 ? 32_767 : value + (value < 0 ? -0.5 : 0.5);
    phase += down;
    while (phase >= up) {
      phase -= up;
      from += 1;
    }
  }
  return output;
}

function conversionOf(fromHz: number, toHz: number): Conversion {
  const key = `${String(fromHz)} ${String(toHz)}`;
  const known = conversions.get(key);
  if (known !== undefined) {
    return known;
  }
  const shared = greatestCommonDivisor(fromHz, toHz);
  const up = toHz / shared;
  const down = fromHz / shared;
  // Going down in rate widens the filter by as much as it closes.
  const narrowing = Math.min(1, up / down);
  const half = 4 * Math.ceil(HALF_WIDTH / narrowing / 4);
  const taps = 2 * half;
  const weights = new Float32Array(up * taps);
  for (let phase = 0; phase < up; phase += 1) {
    let sum = 0;
    const row = weights.subarray(phase * taps, (phase + 1) * taps);
    for (let tap = 0; tap < taps; tap += 1) {
      const distance = tap - half + 1 - phase / up;
      row[tap] = sinc(distance * narrowing * CUTOFF) * blackman(distance / half);
      sum += row[tap]!;
    }
    for (let tap = 0; tap < taps; tap += 1) {
      row[tap]! /= sum;
    }
  }
  const made = { up, down, weights, taps };
  conversions.set(key, made);
  return made;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Over [-1, 1]; 0 outside. */
function blackman(x: number): number {
  return Math.abs(x) >= 1
    ? 0
    : 0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
