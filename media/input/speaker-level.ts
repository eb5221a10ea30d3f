/**
 * How loud the learner is, learnt from what the learner says, and whether an utterance is that loud. A second voice in the
 * room, or a television, is as much speech as the learner's; what tells it apart is that it is farther away.
 */

/**
 * An utterance this much under the learner's usual level is somebody else's; a short one must be farther under, as one word
 * may be said softly. Of 36 utterances of four readers the quietest was 6.7 dB under its reader's usual level; of 187
 * pieces of 1.5 s one was more than 10 dB under, of 294 of 1 s one more than 15, of 396 of 0.8 s none more than 18. A voice
 * at −15 dB with the reverberation of a room came to −10.4 at most (n = 50).
 */
const DISTANT = [
  { fromMs: 1_500, db: 10 },
  { fromMs: 1_000, db: 15 },
  { fromMs: 0, db: 18 },
] as const;
/** An utterance is as loud as the eighth loudest of its windows, a short one as the last of its loudest third. */
const LOUDEST_WINDOWS = 8;
const LOUDEST_SHARE = 1 / 3;
/** The level is known when so much of the learner's voice was heard. */
const KNOWN_AFTER_MS = 1_500;
/** The usual level is the median of so many utterances. */
const REMEMBERED = 8;
/** What is turned away lowers the usual level: a learner who moved away from the microphone is heard in the end. */
const FORGIVENESS_DB = 1;

export class SpeakerLevel {
  /** Levels in dB of the voiced windows of the open utterance. */
  #windowsDb: number[] = [];
  #windowMs = 0;
  /** The newest utterances that were answered, in dB. */
  #utterancesDb: number[] = [];
  #knownMs = 0;
  #forgivenDb = 0;

  /** In dB of full scale; undefined until it is known. */
  get usualDb(): number | undefined {
    return this.#knownMs >= KNOWN_AFTER_MS
      ? median(this.#utterancesDb) - this.#forgivenDb
      : undefined;
  }

  /** Level of the open utterance in dB of full scale; undefined before its first voiced window. */
  get utteranceDb(): number | undefined {
    return this.#windowsDb.length > 0 ? loudness(this.#windowsDb) : undefined;
  }

  /** Whether what is being said is too quiet to be the learner's; false while that cannot be known. */
  get distant(): boolean {
    const { usualDb, utteranceDb } = this;
    const margin = DISTANT.find(({ fromMs }) => this.#voicedMs >= fromMs);
    return (
      usualDb !== undefined &&
      utteranceDb !== undefined &&
      margin !== undefined &&
      utteranceDb < usualDb - margin.db
    );
  }

  /** Adds a voiced window of mono PCM of the open utterance. */
  hear(samples: Int16Array, windowMs: number): void {
    let energy = 0;
    for (const sample of samples) {
      energy += sample * sample;
    }
    this.#windowsDb.push(10 * Math.log10(energy / samples.length / FULL_SCALE_POWER + 1e-12));
    this.#windowMs = windowMs;
    if (this.#windowsDb.length > LONGEST_UTTERANCE_WINDOWS) {
      this.#windowsDb.shift();
    }
  }

  /** The utterance is over. `taken`: it was the learner's, as its words and its level say. */
  end(taken: boolean): void {
    const { utteranceDb, distant } = this;
    if (taken && utteranceDb !== undefined) {
      this.#utterancesDb.push(utteranceDb);
      this.#knownMs += this.#voicedMs;
      this.#forgivenDb = 0;
      if (this.#utterancesDb.length > REMEMBERED) {
        this.#utterancesDb.shift();
      }
    } else if (distant) {
      this.#forgivenDb += FORGIVENESS_DB;
    }
    this.#windowsDb = [];
  }

  get #voicedMs(): number {
    return this.#windowsDb.length * this.#windowMs;
  }
}

const FULL_SCALE_POWER = 32_768 ** 2;
/** About half a minute of voice. */
const LONGEST_UTTERANCE_WINDOWS = 1_000;

function loudness(windowsDb: readonly number[]): number {
  const sorted = windowsDb.toSorted((one, other) => other - one);
  const place = Math.min(LOUDEST_WINDOWS, Math.ceil(sorted.length * LOUDEST_SHARE));
  return sorted[place - 1]!;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)]!;
}
