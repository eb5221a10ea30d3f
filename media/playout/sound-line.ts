/** Makes frames of what waits in the queue: as it is, a little longer or shorter, and what covers its absence. */
import { ComfortNoise, Concealment, HISTORY_MS } from './concealment.ts';
import { CONCEALED_MS } from './playout-buffer.ts';
import type { SpeechQueue } from './speech-queue.ts';
import { bestLag, crossfade, lagRange, ramp } from './splice.ts';

/** How the sound of one frame was got. */
export interface MadeFrame {
  samples: Int16Array;
  /** Samples taken from the queue for it and for what is made ahead. */
  taken: number;
  /** Samples by which the sound got longer (negative: shorter), and where in the frame that begins. */
  added: number;
  addedAt: number;
}

/** A pause that goes on for want of words fades into quiet. */
const QUIET_FADE_MS = 10;

export class SoundLine {
  readonly #queue: SpeechQueue;
  readonly #sampleRateHz: number;
  readonly #frameSamples: number;
  readonly #covers: boolean;
  readonly #range: { shortest: number; longest: number };
  /** What was heard latest. */
  readonly #heard: Int16Array;
  readonly #noise = new ComfortNoise();
  /** Made and not yet heard: what is left of sound that got longer. */
  #pending: Int16Array;
  #pendingSamples = 0;
  #cover: Concealment | undefined;
  /** Sound comes back after a cover or a held pause. */
  #fadesIn = false;

  /** `covers`: where sound runs out within a segment, the voice goes on by itself for a moment. */
  constructor(queue: SpeechQueue, sampleRateHz: number, frameSamples: number, covers: boolean) {
    this.#queue = queue;
    this.#covers = covers;
    this.#sampleRateHz = sampleRateHz;
    this.#frameSamples = frameSamples;
    this.#range = lagRange(sampleRateHz);
    this.#heard = new Int16Array(Math.round((HISTORY_MS * sampleRateHz) / 1_000));
    this.#pending = new Int16Array(2 * frameSamples + this.#range.longest);
  }

  /** Samples made ahead of the queue's. */
  get pendingSamples(): number {
    return this.#pendingSamples;
  }

  /** Whether made-up sound is still to be heard. */
  get covering(): boolean {
    return this.#cover?.sounding === true;
  }

  /**
   * A frame of sound. `left`: samples in the queue until the segment ends, which fades; Infinity when more may come.
   */
  play(tempo: 'play' | 'slow' | 'fast', left: number): MadeFrame {
    const addedAt = this.#pendingSamples + this.#frameSamples;
    const spliced =
      tempo === 'slow' ? this.#lengthen() : tempo === 'fast' ? this.#shorten() : undefined;
    const samples = new Int16Array(this.#frameSamples);
    let filled = this.#takePending(samples);
    let taken = spliced?.taken ?? 0;
    if (filled < samples.length) {
      const rest = samples.subarray(filled);
      const found = this.#queue.peek(rest);
      this.#queue.take(found);
      fadeEnd(rest.subarray(0, found), left, this.#frameSamples);
      taken += found;
      filled += found;
    }
    const cover = this.#cover;
    this.#cover = undefined;
    if (cover?.sounding === true) {
      const made = new Int16Array(samples.length);
      cover.fill(made);
      crossfade(samples, made, 0, samples, 0, samples.length);
    } else if (this.#fadesIn) {
      ramp(samples, 0, 1);
    }
    this.#fadesIn = false;
    if (this.#covers && filled < samples.length && left === Number.POSITIVE_INFINITY) {
      this.#hear(samples.subarray(0, filled));
      const rest = samples.subarray(filled);
      this.#startCover(CONCEALED_MS).fill(rest);
      this.#hear(rest);
    } else {
      this.#hear(samples);
    }
    return { samples, taken, added: spliced?.added ?? 0, addedAt };
  }

  /** A frame where sound is missing: a broken word goes on and fades (`conceal`), a pause goes on (`comfort`). */
  coverGap(kind: 'conceal' | 'comfort'): Int16Array {
    const samples = new Int16Array(this.#frameSamples);
    const filled = this.#takePending(samples);
    if (filled > 0) {
      this.#hear(samples.subarray(0, filled));
    }
    const rest = samples.subarray(filled);
    const cover =
      this.#cover ?? this.#startCover(kind === 'conceal' ? CONCEALED_MS : QUIET_FADE_MS);
    if (cover.sounding) {
      cover.fill(rest);
    } else {
      this.#noise.fill(rest);
    }
    this.#fadesIn = true;
    this.#hear(rest, false);
    return samples;
  }

  /** A frame of a pause that is held though sound waits: that sound fades out and is kept. */
  hold(): Int16Array {
    const samples = new Int16Array(this.#frameSamples);
    if (this.#fadesIn) {
      this.#noise.fill(samples);
    } else {
      this.fadeOut(samples);
      this.#fadesIn = true;
    }
    this.#hear(samples, false);
    return samples;
  }

  /** Fills `samples` with what comes next, fading out, and keeps all of it. Returns whether there was any. */
  fadeOut(samples: Int16Array): boolean {
    if (this.#cover?.sounding === true) {
      this.#cover.fill(samples);
      ramp(samples, 1, 0);
      return true;
    }
    const ahead = this.#pending.subarray(0, Math.min(this.#pendingSamples, samples.length));
    samples.set(ahead);
    const found = this.#queue.peek(samples.subarray(ahead.length));
    ramp(samples, 1, 0);
    return ahead.length + found > 0;
  }

  /** What comes next fades in: after a pause. */
  fadeIn(): void {
    this.#cover = undefined;
    this.#fadesIn = true;
  }

  /** Forgets what was made ahead or made up: everything was cut. */
  clear(): void {
    this.#pendingSamples = 0;
    this.#cover = undefined;
    this.#fadesIn = false;
  }

  #startCover(fadeMs: number): Concealment {
    return (this.#cover = new Concealment(this.#heard, this.#sampleRateHz, fadeMs));
  }

  /** Takes a frame from the queue and leaves it, longer by a period, in `pending`. */
  #lengthen(): { taken: number; added: number } | undefined {
    const length = this.#frameSamples;
    const { longest } = this.#range;
    const sound = new Int16Array(longest + length);
    this.#lately(sound.subarray(0, longest));
    if (this.#queue.peek(sound.subarray(longest)) < length) {
      return undefined;
    }
    const lag = bestLag(sound, longest, length, -1, this.#range, this.#sampleRateHz);
    if (lag === undefined) {
      return undefined;
    }
    const made = new Int16Array(length + lag);
    crossfade(made, sound, longest, sound, longest - lag, length);
    made.set(sound.subarray(longest + length - lag), length);
    this.#queue.take(length);
    this.#append(made);
    return { taken: length, added: lag };
  }

  /** Takes a frame and a period from the queue and leaves a frame in `pending`. */
  #shorten(): { taken: number; added: number } | undefined {
    const length = this.#frameSamples;
    const { shortest, longest } = this.#range;
    const sound = new Int16Array(2 * length + longest);
    const found = this.#queue.peek(sound);
    const range = { shortest, longest: Math.min(longest, found - 2 * length) };
    if (range.longest < shortest) {
      return undefined;
    }
    const lag = bestLag(sound, 0, length, 1, range, this.#sampleRateHz);
    if (lag === undefined) {
      return undefined;
    }
    const made = new Int16Array(length);
    crossfade(made, sound, 0, sound, lag, length);
    this.#queue.take(length + lag);
    this.#append(made);
    return { taken: length + lag, added: -lag };
  }

  /** The sound right before the queue's: what is pending, and what was heard before it. */
  #lately(target: Int16Array): void {
    const pending = Math.min(this.#pendingSamples, target.length);
    const heard = target.length - pending;
    target.set(this.#heard.subarray(this.#heard.length - heard));
    target.set(this.#pending.subarray(this.#pendingSamples - pending, this.#pendingSamples), heard);
  }

  #append(made: Int16Array): void {
    this.#pending.set(made, this.#pendingSamples);
    this.#pendingSamples += made.length;
  }

  #takePending(target: Int16Array): number {
    const filled = Math.min(target.length, this.#pendingSamples);
    if (filled > 0) {
      target.set(this.#pending.subarray(0, filled));
      this.#pending.copyWithin(0, filled, this.#pendingSamples);
      this.#pendingSamples -= filled;
    }
    return filled;
  }

  #hear(samples: Int16Array, spoken = true): void {
    this.#heard.copyWithin(0, samples.length);
    this.#heard.set(samples, this.#heard.length - samples.length);
    if (spoken) {
      this.#noise.hear(samples);
    }
  }
}

/** Fades sound out towards its end, which comes after `left` samples; `length` samples are the fade. */
function fadeEnd(samples: Int16Array, left: number, length: number): void {
  for (let index = Math.max(0, left - length); index < samples.length; index += 1) {
    const gain = (1 - Math.cos((Math.PI * (left - index)) / length)) / 2;
    samples[index] = Math.round(samples[index]! * gain);
  }
}
