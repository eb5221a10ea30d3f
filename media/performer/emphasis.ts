import type { PhonemeMark } from '#media/ports.ts';
import { isSilence, isVowel } from '#media/visemes/arpabet.ts';

/** A stressed sound, which the head and sometimes the brows accompany. */
export interface Beat {
  peakMs: number;
  /** 0..1 */
  strength: number;
}

/** A vowel this much longer than the speaker's usual one counts as stressed. */
const STRESSED_RATIO = 1.25;
/** Beats closer than this would look like trembling. */
const SHORTEST_GAP_MS = 480;
const USUAL_VOWEL_MS = 95;
/** Weight of a new vowel in the running mean. */
const LEARNING = 0.08;

/** Finds beats in the marks of one speaker. Stress is not in the marks, so length and the start of a phrase stand for it. */
export class Emphasis {
  #usualVowelMs = USUAL_VOWEL_MS;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** The beats in `marks`, whose zero is at `offsetMs`, in order. */
  beats(marks: readonly PhonemeMark[], offsetMs: number): Beat[] {
    const beats: Beat[] = [];
    let phraseStart = true;
    for (const mark of marks) {
      if (isSilence(mark.phoneme)) {
        phraseStart = true;
      }
      if (!isVowel(mark.phoneme)) {
        continue;
      }
      const durationMs = Math.min(400, Math.max(0, mark.endMs - mark.startMs));
      const ratio = durationMs / this.#usualVowelMs + (phraseStart ? 0.15 : 0);
      this.#usualVowelMs += LEARNING * (durationMs - this.#usualVowelMs);
      phraseStart = false;
      const peakMs = offsetMs + mark.startMs + durationMs / 2;
      if (ratio >= STRESSED_RATIO && peakMs - this.#lastMs >= SHORTEST_GAP_MS) {
        beats.push({ peakMs, strength: Math.min(1, (ratio - 0.8) / 1.2) });
        this.#lastMs = peakMs;
      }
    }
    return beats;
  }

  /** Forgets beats that were taken back. */
  cancelFrom(atMs: number): void {
    this.#lastMs = Math.min(this.#lastMs, atMs);
  }
}
