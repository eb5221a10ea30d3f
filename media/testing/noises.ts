/** Sounds of a room that are nobody's turn. Mono 16-bit PCM at 16 kHz, the same samples every time. */
import { randomNumbers } from './room-acoustics.ts';

export const NOISE_RATE_HZ = 16_000;

type Noise = (lengthMs: number, rms: number) => Int16Array;

/** A fan, or a street behind a window: noise that falls by 3 dB an octave. */
export const steadyNoise: Noise = (lengthMs, rms) => {
  const random = randomNumbers(11);
  // Three leaky sums of white noise at different speeds make about that slope.
  let [slow, middle, fast] = [0, 0, 0];
  return scaled(lengthMs, rms, () => {
    const white = random() - 0.5;
    slow = 0.997 * slow + 0.03 * white;
    middle = 0.96 * middle + 0.1 * white;
    fast = 0.6 * fast + 0.3 * white;
    return slow + middle + fast + 0.1 * white;
  });
};

/** A tune on something like an organ: three notes at a time, each of half a second, with harmonics. */
export const tune: Noise = (lengthMs, rms) => {
  const scaleHz = [261.6, 293.7, 329.6, 349.2, 392, 440, 493.9, 523.3];
  const random = randomNumbers(12);
  const notes = Array.from({ length: Math.ceil(lengthMs / 500) }, () =>
    [0, 2, 4].map((step) => scaleHz[(Math.floor(random() * 5) + step) % scaleHz.length]!),
  );
  return scaled(lengthMs, rms, (atS) => {
    const withinS = atS % 0.5;
    const loudness = Math.min(1, withinS / 0.02) * Math.exp(-withinS * 1.5);
    return (notes[Math.floor(atS / 0.5)] ?? []).reduce((sum, hz) => {
      for (let harmonic = 1; harmonic <= 5; harmonic += 1) {
        sum += (loudness / harmonic ** 1.3) * Math.sin(2 * Math.PI * hz * harmonic * atS);
      }
      return sum;
    }, 0);
  });
};

/** Somebody types: about eight clicks a second, each of a few milliseconds and a lower thump. */
export const keyboard: Noise = (lengthMs, rms) => {
  const random = randomNumbers(13);
  let sinceS = 1;
  let nextS = 0;
  let clickHz = 3_000;
  return scaled(lengthMs, rms, (atS) => {
    if (atS >= nextS) {
      nextS = atS + 0.05 + 0.15 * random();
      sinceS = 0;
      clickHz = 2_000 + 2_500 * random();
    }
    sinceS += 1 / NOISE_RATE_HZ;
    const click =
      Math.exp(-sinceS * 700) * (random() - 0.5 + Math.sin(2 * Math.PI * clickHz * sinceS));
    return click + 0.4 * Math.exp(-sinceS * 120) * Math.sin(2 * Math.PI * 180 * sinceS);
  });
};

/** A door every two seconds: a low blow, and a room that answers. */
export const doors: Noise = (lengthMs, rms) => {
  const random = randomNumbers(14);
  let low = 0;
  return scaled(lengthMs, rms, (atS) => {
    const sinceS = (atS + 1) % 2;
    low += 0.12 * (random() - 0.5 - low);
    const blow = Math.exp(-sinceS * 18) * Math.sin(2 * Math.PI * 75 * sinceS);
    return (
      blow + Math.exp(-sinceS * 9) * low * 2 + 0.4 * Math.exp(-sinceS * 200) * (random() - 0.5)
    );
  });
};

function scaled(lengthMs: number, rms: number, at: (atS: number) => number): Int16Array {
  const count = Math.round((lengthMs * NOISE_RATE_HZ) / 1_000);
  const sound = Float64Array.from({ length: count }, (_, index) => at(index / NOISE_RATE_HZ));
  const power = sound.reduce((sum, sample) => sum + sample * sample, 0) / count;
  const scale = rms / Math.sqrt(power);
  return Int16Array.from(sound, (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * scale))),
  );
}
