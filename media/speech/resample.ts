/** Reads a sound faster or slower, pitch and formants moving with it. */

/** 8 input samples on each side of a tap: aliases stay below -60 dB for factors near one. */
const HALF_WIDTH = 8;

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Blackman window over [-1, 1]. */
const window = (x: number): number =>
  0.42 + 0.5 * Math.cos(Math.PI * x) + 0.08 * Math.cos(2 * Math.PI * x);

/**
 * Plays `samples` at `speed` (1.05 is 5 % shorter and higher) by windowed-sinc interpolation.
 * Returns a new array of `samples.length / speed` samples; frequencies that would alias are filtered out.
 */
export const changeSpeed = (samples: Int16Array, speed: number): Int16Array => {
  if (speed === 1) return samples;
  const output = new Int16Array(Math.floor(samples.length / speed));
  const cutoff = Math.min(1, 1 / speed);
  for (let i = 0; i < output.length; i += 1) {
    const position = i * speed;
    const centre = Math.floor(position);
    let sum = 0;
    let weight = 0;
    for (let tap = centre - HALF_WIDTH + 1; tap <= centre + HALF_WIDTH; tap += 1) {
      const distance = tap - position;
      const gain = sinc(distance * cutoff) * window(distance / HALF_WIDTH);
      weight += gain;
      sum += gain * (samples[tap] ?? 0);
    }
    output[i] = Math.max(-32768, Math.min(32767, Math.round(sum / weight)));
  }
  return output;
};
