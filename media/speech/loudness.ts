/**
 * Speech level in the manner of ITU-R BS.1770: K-weighting (what an ear makes of the spectrum), mean power in
 * overlapping 400 ms blocks, and two gates that leave pauses out. Mono, so the result is in LUFS.
 */

/** The level that every voice of ours is brought to: clear beside other people in a call, with headroom. */
export const TARGET_LOUDNESS_LUFS = -20;

/** -1 dBFS: codecs overshoot a little. */
const PEAK_CEILING = 0.89;
/** Samples above this level are bent towards the ceiling and never clipped. */
const KNEE = 0.7;

const BLOCK_MS = 400;
const STEP_MS = 100;
const ABSOLUTE_GATE_LUFS = -70;
const RELATIVE_GATE_LU = -10;
const FULL_SCALE = 32768;

interface Biquad {
  b: readonly [number, number, number];
  a: readonly [number, number];
}

/** The standard's two filters for any sample rate: a shelf for the head and a high pass. */
const kWeighting = (sampleRateHz: number): [Biquad, Biquad] => {
  const shelfK = Math.tan((Math.PI * 1681.974450955533) / sampleRateHz);
  const shelfQ = 0.7071752369554196;
  const high = 10 ** (3.999843853973347 / 20);
  const band = high ** 0.4996667741545416;
  const shelfA0 = 1 + shelfK / shelfQ + shelfK * shelfK;
  const shelf: Biquad = {
    b: [
      (high + (band * shelfK) / shelfQ + shelfK * shelfK) / shelfA0,
      (2 * (shelfK * shelfK - high)) / shelfA0,
      (high - (band * shelfK) / shelfQ + shelfK * shelfK) / shelfA0,
    ],
    a: [(2 * (shelfK * shelfK - 1)) / shelfA0, (1 - shelfK / shelfQ + shelfK * shelfK) / shelfA0],
  };
  const passK = Math.tan((Math.PI * 38.13547087602444) / sampleRateHz);
  const passQ = 0.5003270373238773;
  const passA0 = 1 + passK / passQ + passK * passK;
  const pass: Biquad = {
    b: [1, -2, 1],
    a: [(2 * (passK * passK - 1)) / passA0, (1 - passK / passQ + passK * passK) / passA0],
  };
  return [shelf, pass];
};

const filter = (input: Float64Array, { a, b }: Biquad): Float64Array => {
  const output = new Float64Array(input.length);
  let x1 = 0;
  let x2 = 0;
  let y1 = 0;
  let y2 = 0;
  for (let i = 0; i < input.length; i += 1) {
    const x = input[i]!;
    const y = b[0] * x + b[1] * x1 + b[2] * x2 - a[0] * y1 - a[1] * y2;
    x2 = x1;
    x1 = x;
    y2 = y1;
    y1 = y;
    output[i] = y;
  }
  return output;
};

const toLufs = (power: number): number => -0.691 + 10 * Math.log10(power);

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The gated level of mono PCM in LUFS; -Infinity when nothing rises above the absolute gate. */
export const measureLoudnessLufs = (samples: Int16Array, sampleRateHz: number): number => {
  const [shelf, pass] = kWeighting(sampleRateHz);
  const weighted = filter(
    filter(
      Float64Array.from(samples, (s) => s / FULL_SCALE),
      shelf,
    ),
    pass,
  );
  const step = Math.max(1, Math.round((STEP_MS / 1000) * sampleRateHz));
  const block = Math.min(Math.round((BLOCK_MS / 1000) * sampleRateHz), weighted.length);
  const powers: number[] = [];
  for (let start = 0; block > 0 && start + block <= weighted.length; start += step) {
    let sum = 0;
    for (let i = start; i < start + block; i += 1) sum += weighted[i]! * weighted[i]!;
    powers.push(sum / block);
  }
  const audible = powers.filter((power) => toLufs(power) > ABSOLUTE_GATE_LUFS);
  if (audible.length === 0) return Number.NEGATIVE_INFINITY;
  const gate = toLufs(mean(audible)) + RELATIVE_GATE_LU;
  return toLufs(mean(audible.filter((power) => toLufs(power) > gate)));
};

/** Bends what would pass the ceiling; the identity below the knee, continuous in value and slope. */
const limit = (value: number): number => {
  const size = Math.abs(value);
  if (size <= KNEE) return value;
  const room = PEAK_CEILING - KNEE;
  return Math.sign(value) * (KNEE + room * Math.tanh((size - KNEE) / room));
};

/** Changes the level of `samples` in place by `gainDb`; the result never passes -1 dBFS. */
export const applyGain = (samples: Int16Array, gainDb: number): void => {
  const factor = 10 ** (gainDb / 20);
  const knee = KNEE * FULL_SCALE;
  for (let i = 0; i < samples.length; i += 1) {
    const value = samples[i]! * factor;
    const kept = value > knee || value < -knee ? limit(value / FULL_SCALE) * FULL_SCALE : value;
    // Int16Array cuts towards zero.
    samples[i] = kept + (kept < 0 ? -0.5 : 0.5);
  }
};
