/**
 * The sound of one utterance as it grows. Whisper hears 30 seconds at a time, so longer speech is cut where it is
 * quietest; a piece that is cut off never changes again.
 */

const SAMPLE_RATE_HZ = 16_000;
/** The longest piece, and from where in it the cut may be. */
export interface PieceLength {
  longestS: number;
  cutFromS: number;
}
/** What Whisper hears at once. */
export const WHOLE_WINDOWS: PieceLength = { longestS: 28, cutFromS: 18 };
/** Short enough that the newest piece is always heard soon: a draft takes 0.13 s of one core for 3 s, 0.26 for 10. */
export const SHORT_PIECES: PieceLength = { longestS: 10, cutFromS: 4 };
/** The quiet that a cut looks for: 160 ms, shorter than pauses between words of care. */
const QUIET_SAMPLES = SAMPLE_RATE_HZ * 0.16;
const STEP_SAMPLES = SAMPLE_RATE_HZ / 100;
const FULL_SCALE = 32_768;

export interface SoundPiece {
  /** In the utterance. */
  startMs: number;
  /** Mono PCM at 16 kHz, -1 to 1. */
  samples: Float32Array;
}

export class UtteranceSound {
  readonly #settled: SoundPiece[] = [];
  readonly #longestSamples: number;
  readonly #cutFromSamples: number;
  #tail: Float32Array<ArrayBuffer>;
  #tailSamples = 0;
  #tailStart = 0;

  constructor({ longestS, cutFromS }: PieceLength = WHOLE_WINDOWS) {
    this.#longestSamples = longestS * SAMPLE_RATE_HZ;
    this.#cutFromSamples = cutFromS * SAMPLE_RATE_HZ;
    this.#tail = new Float32Array(this.#longestSamples);
  }

  /** Samples pushed since the utterance began. */
  get length(): number {
    return this.#tailStart + this.#tailSamples;
  }

  /** Pieces that will not change. */
  get settled(): readonly SoundPiece[] {
    return this.#settled;
  }

  /** The sound after the last settled piece, copied. */
  get tail(): SoundPiece {
    return {
      startMs: (this.#tailStart * 1_000) / SAMPLE_RATE_HZ,
      samples: this.#tail.slice(0, this.#tailSamples),
    };
  }

  push(samples: Int16Array): void {
    let at = 0;
    while (at < samples.length) {
      if (this.#tailSamples === this.#longestSamples) {
        this.#cut();
      }
      const count = Math.min(samples.length - at, this.#longestSamples - this.#tailSamples);
      for (let index = 0; index < count; index += 1) {
        this.#tail[this.#tailSamples + index] = samples[at + index]! / FULL_SCALE;
      }
      this.#tailSamples += count;
      at += count;
    }
  }

  #cut(): void {
    const end = quietest(this.#tail, this.#cutFromSamples, this.#longestSamples);
    this.#settled.push({ ...this.tail, samples: this.#tail.slice(0, end) });
    const next = new Float32Array(this.#longestSamples);
    next.set(this.#tail.subarray(end));
    this.#tail = next;
    this.#tailStart += end;
    this.#tailSamples -= end;
  }
}

/** The middle of the quietest 160 ms between two places. */
function quietest(samples: Float32Array, from: number, to: number): number {
  let best = from;
  let least = Number.POSITIVE_INFINITY;
  for (let at = from; at + QUIET_SAMPLES <= to; at += STEP_SAMPLES) {
    let energy = 0;
    for (let index = at; index < at + QUIET_SAMPLES; index += 1) {
      energy += samples[index]! ** 2;
    }
    if (energy < least) {
      least = energy;
      best = at + QUIET_SAMPLES / 2;
    }
  }
  return best;
}
