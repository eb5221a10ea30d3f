/**
 * The sound of one utterance as it grows. Whisper hears 30 seconds at a time, so longer speech is cut where it is
 * quietest; a piece that is cut off never changes again.
 */

const SAMPLE_RATE_HZ = 16_000;
/** The longest piece, and where in it the cut may be. */
const LONGEST_SAMPLES = 28 * SAMPLE_RATE_HZ;
const CUT_FROM_SAMPLES = 18 * SAMPLE_RATE_HZ;
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
  #tail = new Float32Array(LONGEST_SAMPLES);
  #tailSamples = 0;
  #tailStart = 0;

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
      if (this.#tailSamples === LONGEST_SAMPLES) {
        this.#cut();
      }
      const count = Math.min(samples.length - at, LONGEST_SAMPLES - this.#tailSamples);
      for (let index = 0; index < count; index += 1) {
        this.#tail[this.#tailSamples + index] = samples[at + index]! / FULL_SCALE;
      }
      this.#tailSamples += count;
      at += count;
    }
  }

  #cut(): void {
    const end = quietest(this.#tail, CUT_FROM_SAMPLES, LONGEST_SAMPLES);
    this.#settled.push({ ...this.tail, samples: this.#tail.slice(0, end) });
    const next = new Float32Array(LONGEST_SAMPLES);
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
