/** Brings voices to one level: what a voice has said so far tells how loud it is. */
import { measureLoudnessLufs, TARGET_LOUDNESS_LUFS } from './loudness.ts';

/** A voice's level is known after this much speech; then its gain no longer moves. */
const LEARNING_MS = 12_000;
/** More than that is a fault of the voice and not its level. */
const MAX_GAIN_DB = 18;

interface Heard {
  /** Mean power weighted by time. */
  power: number;
  lengthMs: number;
}

export class VoiceLevels {
  readonly #heard = new Map<string, Heard>();

  /** The gain for this stretch of a voice's speech, which is counted in. 0 while the voice has only been silent. */
  gainDb(voiceId: string, samples: Int16Array, sampleRateHz: number): number {
    let heard = this.#heard.get(voiceId);
    if (heard === undefined) {
      heard = { power: 0, lengthMs: 0 };
      this.#heard.set(voiceId, heard);
    }
    if (heard.lengthMs < LEARNING_MS) {
      const loudness = measureLoudnessLufs(samples, sampleRateHz);
      if (Number.isFinite(loudness)) {
        const lengthMs = (samples.length / sampleRateHz) * 1_000;
        const whole = heard.lengthMs + lengthMs;
        heard.power = (heard.power * heard.lengthMs + 10 ** (loudness / 10) * lengthMs) / whole;
        heard.lengthMs = whole;
      }
    }
    if (heard.lengthMs === 0) {
      return 0;
    }
    const gainDb = TARGET_LOUDNESS_LUFS - 10 * Math.log10(heard.power);
    return Math.max(-MAX_GAIN_DB, Math.min(MAX_GAIN_DB, gainDb));
  }
}
