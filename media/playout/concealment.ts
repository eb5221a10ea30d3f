/** What is heard where sound is missing: the voice goes on for some periods and fades, then it is quiet. */
import { bestLag, lagRange } from './splice.ts';

/** The jump between what was heard and what is made up is smoothed away over this time. */
const SEAM_MS = 2;
/** The end of a period is blended into its beginning over this share of it. */
const LOOP_SHARE = 0.25;

/** Sound heard lately that concealment needs: two periods of the lowest voice and a little. */
export const HISTORY_MS = 40;

/** One continuation of what was heard. */
export class Concealment {
  readonly #loop: Int16Array;
  readonly #fadeSamples: number;
  readonly #seamSamples: number;
  readonly #seam: number;
  #at = 0;

  /** `heard`: the latest HISTORY_MS of sound. It fades out within `fadeMs`. */
  constructor(heard: Int16Array, sampleRateHz: number, fadeMs: number) {
    const range = lagRange(sampleRateHz);
    const window = Math.min(heard.length - range.longest, Math.round(sampleRateHz / 100));
    const period =
      bestLag(heard, heard.length - window, window, -1, range, sampleRateHz) ?? range.longest;
    this.#loop = loopOf(heard, period);
    this.#fadeSamples = Math.max(1, Math.round((fadeMs * sampleRateHz) / 1_000));
    this.#seamSamples = Math.round((SEAM_MS * sampleRateHz) / 1_000);
    // The loop begins one period after this sample, whose place the last one heard has taken.
    this.#seam = heard.at(-1)! - heard[heard.length - period - 1]!;
  }

  /** Whether anything of it is still to be heard. */
  get sounding(): boolean {
    return this.#at < this.#fadeSamples;
  }

  /** Writes its next samples into `target`, zeros once it has faded. */
  fill(target: Int16Array): void {
    for (let index = 0; index < target.length; index += 1) {
      if (!this.sounding) {
        target.fill(0, index);
        return;
      }
      const gain = (1 + Math.cos((Math.PI * this.#at) / this.#fadeSamples)) / 2;
      const seam =
        this.#at < this.#seamSamples
          ? (this.#seam * (1 + Math.cos((Math.PI * this.#at) / this.#seamSamples))) / 2
          : 0;
      const value = this.#loop[this.#at % this.#loop.length]! + seam;
      target[index] = Math.round(Math.min(32_767, Math.max(-32_768, value)) * gain);
      this.#at += 1;
    }
  }
}

/** The last period, made to end where it begins. */
function loopOf(heard: Int16Array, period: number): Int16Array {
  const from = heard.length - period;
  const loop = heard.slice(from);
  const blended = Math.min(Math.floor(period * LOOP_SHARE), from);
  for (let index = 0; index < blended; index += 1) {
    const share = (index + 1) / blended;
    const before = heard[from - blended + index]!;
    const place = period - blended + index;
    loop[place] = Math.round(loop[place]! * (1 - share) + before * share);
  }
  return loop;
}

/** Silence is not quite silent: noise as quiet as the quietest that was heard, never louder than −60 dBFS. */
export class ComfortNoise {
  #floor = Number.POSITIVE_INFINITY;
  #state = 1;

  /** Learns from a frame that was heard. The floor rises slowly, so that a quieter voice before is forgotten. */
  hear(frame: Int16Array): void {
    let peak = 0;
    for (let index = 0; index < frame.length; index += 4) {
      peak = Math.max(peak, Math.abs(frame[index]!));
    }
    this.#floor = Math.min(this.#floor * 1.001 + 0.001, peak);
  }

  fill(target: Int16Array): void {
    const level = Math.min(LOUDEST_NOISE, this.#floor);
    for (let index = 0; index < target.length; index += 1) {
      this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) | 0;
      target[index] = Math.round((level * this.#state) / 0x8000_0000);
    }
  }
}

const LOUDEST_NOISE = 32;
