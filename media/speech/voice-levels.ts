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

  /** The gain of a voice; 0 while it has not been heard. */
  gainDb(voiceId: string): number {
    const heard = this.#heard.get(voiceId);
    if (heard === undefined) {
      return 0;
    }
    const gainDb = TARGET_LOUDNESS_LUFS - 10 * Math.log10(heard.power);
    return Math.max(-MAX_GAIN_DB, Math.min(MAX_GAIN_DB, gainDb));
  }

  knows(voiceId: string): boolean {
    return this.#heard.has(voiceId);
  }

  /** Counts a stretch of a voice's speech in, as it came from the engine. Takes about 1.5 ms a second of speech. */
  hear(voiceId: string, samples: Int16Array, sampleRateHz: number): void {
    const before = this.#heard.get(voiceId) ?? { power: 0, lengthMs: 0 };
    if (before.lengthMs >= LEARNING_MS) {
      return;
    }
    const loudness = measureLoudnessLufs(samples, sampleRateHz);
    if (!Number.isFinite(loudness)) {
      return;
    }
    const ownMs = (samples.length / sampleRateHz) * 1_000;
    const lengthMs = before.lengthMs + ownMs;
    const power = (before.power * before.lengthMs + 10 ** (loudness / 10) * ownMs) / lengthMs;
    this.#heard.set(voiceId, { power, lengthMs });
  }
}
