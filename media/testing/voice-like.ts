/** Sound with the rhythm and the formants of speech, built in code: for tests that need no words and no engine. */
import { randomNumbers } from './room-acoustics.ts';

/** First three formants of five vowels, in Hz. */
const VOWELS_HZ = [
  [730, 1_090, 2_440],
  [270, 2_290, 3_010],
  [300, 870, 2_240],
  [530, 1_840, 2_480],
  [570, 840, 2_410],
] as const;

/** Seeds are speakers: pitch, pace and the order of sounds follow from it. Root mean square of about `rms`. */
export function voiceLike(options: {
  seed: number;
  lengthMs: number;
  sampleRateHz: number;
  rms?: number;
}): Int16Array {
  const { seed, lengthMs, sampleRateHz, rms = 2_500 } = options;
  const random = randomNumbers(seed);
  const sound = new Float64Array(Math.round((lengthMs * sampleRateHz) / 1_000));
  const pitchHz = 95 + 110 * random();
  let at = 0;
  let phase = 0;
  while (at < sound.length) {
    const kind = random();
    const length = Math.round((0.06 + 0.14 * random()) * sampleRateHz);
    const vowel = VOWELS_HZ[Math.floor(random() * VOWELS_HZ.length)]!;
    const loudness = kind < 0.2 ? 0 : 0.4 + 0.6 * random();
    for (let index = 0; index < length && at < sound.length; index += 1, at += 1) {
      const shape = loudness * Math.sin((Math.PI * index) / length);
      if (kind > 0.8) {
        // A fricative: noise with little below 2 kHz.
        sound[at] = shape * 0.7 * (random() - random()) * (index % 2 === 0 ? 1 : -1);
        continue;
      }
      phase += (2 * Math.PI * pitchHz * (1 + 0.1 * Math.sin(at / sampleRateHz))) / sampleRateHz;
      let sum = 0;
      for (let harmonic = 1; harmonic * pitchHz < 3_800; harmonic += 1) {
        const hz = harmonic * pitchHz;
        const near = vowel.reduce(
          (most, formantHz) => Math.max(most, Math.exp(-(((hz - formantHz) / 120) ** 2))),
          0.02,
        );
        sum += near * Math.sin(harmonic * phase);
      }
      sound[at] = shape * sum;
    }
  }
  const power = sound.reduce((sum, sample) => sum + sample * sample, 0) / sound.length;
  const scale = rms / Math.sqrt(power);
  return Int16Array.from(sound, (sample) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample * scale))),
  );
}
