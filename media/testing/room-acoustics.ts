/** A room for tests: loudspeaker to microphone as a delay, a gain and a decaying random impulse response. */

/** An impulse response has about this many taps a second: sparse, yet dense enough to smear speech as a room does. */
const TAPS_PER_SECOND = 1_500;

export interface RoomOptions {
  sampleRateHz: number;
  /** From a sample leaving to its direct sound being heard. */
  delayMs: number;
  /** Level of what is heard against what left; speech through the whole response keeps it within about 1 dB. */
  gainDb: number;
  /** Until reverberation has fallen by 60 dB; 0 for none. Default 300. */
  reverbMs?: number;
  seed?: number;
}

interface Tap {
  atSamples: number;
  gain: number;
}

export class RoomAcoustics {
  readonly #taps: readonly Tap[];
  readonly #delaySamples: number;
  /** What left lately, and a write position in it; a ring as long as the longest path. */
  readonly #left: Float32Array;
  #written = 0;

  constructor(options: RoomOptions) {
    this.#taps = tapsOf(options);
    this.#delaySamples = Math.round((options.delayMs * options.sampleRateHz) / 1_000);
    const longest = Math.max(...this.#taps.map(({ atSamples }) => atSamples));
    this.#left = new Float32Array(this.#delaySamples + longest + 1);
  }

  /** Takes what leaves the loudspeaker now; gives what the microphone hears of it all in the same stretch of time. */
  hear(samples: Int16Array): Float32Array {
    const heard = new Float32Array(samples.length);
    const size = this.#left.length;
    for (let index = 0; index < samples.length; index += 1) {
      this.#left[this.#written % size] = samples[index]!;
      const newest = this.#written - this.#delaySamples;
      let sum = 0;
      for (const { atSamples, gain } of this.#taps) {
        const at = newest - atSamples;
        if (at >= 0) {
          sum += this.#left[at % size]! * gain;
        }
      }
      heard[index] = sum;
      this.#written += 1;
    }
    return heard;
  }
}

/** The same sequence for the same seed, each in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function tapsOf({ sampleRateHz, gainDb, reverbMs = 300, seed = 1 }: RoomOptions): Tap[] {
  const random = randomNumbers(seed);
  const taps: Tap[] = [{ atSamples: 0, gain: 1 }];
  const count = Math.round((reverbMs / 1_000) * TAPS_PER_SECOND);
  for (let index = 1; index <= count; index += 1) {
    const atMs = ((index + random()) / (count + 1)) * reverbMs;
    const sign = random() < 0.5 ? -1 : 1;
    // As energetic, all together, as the direct sound.
    const loudness = Math.sqrt((2 * Math.log(1_000)) / (count + 1));
    taps.push({
      atSamples: Math.round((atMs * sampleRateHz) / 1_000),
      gain: sign * loudness * 10 ** ((-60 / 20) * (atMs / reverbMs)),
    });
  }
  const energy = taps.reduce((sum, { gain }) => sum + gain * gain, 0);
  const scale = 10 ** (gainDb / 20) / Math.sqrt(energy);
  return taps.map(({ atSamples, gain }) => ({ atSamples, gain: gain * scale }));
}

/** `sound` plus `other`, each sample within 16 bits. As long as `sound`. */
export function mixed(sound: Int16Array, other: ArrayLike<number>): Int16Array {
  return sound.map((sample, index) =>
    Math.max(-32_768, Math.min(32_767, Math.round(sample + (other[index] ?? 0)))),
  );
}
