/** Sound that waits to be heard, with its marks, in the order in which it came. */
import type { PhonemeMark } from '../ports.ts';
import type { ScheduledSpeech, Segment } from './segment.ts';

/** Below this a sample is no speech: about −45 dBFS. */
const QUIET_LEVEL = 180;
/** A silence without a mark counts as a pause from this length on; the closure of a stop is shorter. */
const SHORTEST_PAUSE_MS = 60;

interface Chunk {
  segment: Segment;
  samples: Int16Array;
  phonemes: readonly PhonemeMark[];
  /** Pauses as pairs of samples, from and to. */
  pauses: readonly number[];
  /** Samples of it already taken. */
  readSamples: number;
}

export class SpeechQueue {
  readonly #sampleRateHz: number;
  readonly #frameSamples: number;
  #chunks: Chunk[] = [];
  #samples = 0;

  constructor(sampleRateHz: number, frameSamples: number) {
    this.#sampleRateHz = sampleRateHz;
    this.#frameSamples = frameSamples;
  }

  /** Samples that wait. */
  get samples(): number {
    return this.#samples;
  }

  /** The segment whose sound comes next. */
  get front(): Segment | undefined {
    return this.#chunks[0]?.segment;
  }

  /** Appends sound; takes ownership of `samples`. Returns whether it ends in a pause. */
  push(segment: Segment, samples: Int16Array, phonemes: readonly PhonemeMark[]): boolean {
    const pauses = this.#pausesOf(samples, phonemes);
    this.#chunks.push({ segment, samples, phonemes, pauses, readSamples: 0 });
    this.#samples += samples.length;
    return (pauses.at(-1) ?? -1) >= samples.length - 1;
  }

  clear(): void {
    this.#chunks = [];
    this.#samples = 0;
  }

  /** Copies what comes next of the front segment into `target`, without taking it. Returns how many samples there were. */
  peek(target: Int16Array): number {
    const segment = this.front;
    let filled = 0;
    for (const chunk of this.#chunks) {
      if (chunk.segment !== segment || filled === target.length) {
        break;
      }
      const part = chunk.samples.subarray(
        chunk.readSamples,
        chunk.readSamples + target.length - filled,
      );
      target.set(part, filled);
      filled += part.length;
    }
    return filled;
  }

  /** Takes `samples` of the front segment out of the queue; no more than `peek` saw. */
  take(samples: number): void {
    this.#samples -= samples;
    let left = samples;
    while (left > 0) {
      const chunk = this.#chunks[0]!;
      const part = Math.min(left, chunk.samples.length - chunk.readSamples);
      chunk.readSamples += part;
      left -= part;
      if (chunk.readSamples === chunk.samples.length) {
        this.#chunks.shift();
      }
    }
  }

  /** What is left of the pause at hand, and what sound comes before the next one, in ms. Looks no further than the front segment. */
  pauses(): { pauseLeftMs: number; pauseAheadMs: number } {
    const segment = this.front;
    let ahead = 0;
    let left = 0;
    for (const chunk of this.#chunks) {
      if (chunk.segment !== segment) {
        break;
      }
      let at = chunk.readSamples;
      for (let index = 0; index < chunk.pauses.length; index += 2) {
        const from = chunk.pauses[index]!;
        const to = chunk.pauses[index + 1]!;
        if (to <= at) {
          continue;
        }
        if (from > at) {
          return left > 0
            ? { pauseLeftMs: this.#toMs(left), pauseAheadMs: 0 }
            : { pauseLeftMs: 0, pauseAheadMs: this.#toMs(ahead + from - at) };
        }
        if (ahead > 0) {
          return { pauseLeftMs: 0, pauseAheadMs: this.#toMs(ahead) };
        }
        left += to - at;
        at = to;
      }
      const rest = chunk.samples.length - at;
      if (rest > 0 && left > 0) {
        break;
      }
      ahead += rest;
    }
    return left > 0
      ? { pauseLeftMs: this.#toMs(left), pauseAheadMs: 0 }
      : { pauseLeftMs: 0, pauseAheadMs: Number.POSITIVE_INFINITY };
  }

  /**
   * Where everything in the queue is heard if its next sample is heard at `startMs`. What was heard already lies before that.
   * A segment begins with a frame of its own.
   */
  placed(startMs: number): ScheduledSpeech[] {
    let at = 0;
    let segment = this.front;
    return this.#chunks.map((chunk) => {
      if (chunk.segment !== segment) {
        segment = chunk.segment;
        at = Math.ceil(at / this.#frameSamples) * this.#frameSamples;
      }
      const placed = {
        phonemes: chunk.phonemes,
        startMs: startMs + this.#toMs(at - chunk.readSamples),
      };
      at += chunk.samples.length - chunk.readSamples;
      return placed;
    });
  }

  #toMs(samples: number): number {
    return (samples * 1_000) / this.#sampleRateHz;
  }

  #pausesOf(samples: Int16Array, phonemes: readonly PhonemeMark[]): number[] {
    return phonemes.length > 0
      ? this.#markedPauses(samples.length, phonemes)
      : this.#quietStretches(samples);
  }

  #markedPauses(length: number, phonemes: readonly PhonemeMark[]): number[] {
    const toSamples = (ms: number): number =>
      Math.min(length, Math.max(0, Math.round((ms * this.#sampleRateHz) / 1_000)));
    const pauses: number[] = [];
    for (const { phoneme, startMs, endMs } of phonemes) {
      if (phoneme === 'pau' && endMs > startMs) {
        pauses.push(toSamples(startMs), toSamples(endMs));
      }
    }
    return pauses;
  }

  #quietStretches(samples: Int16Array): number[] {
    const shortest = (SHORTEST_PAUSE_MS * this.#sampleRateHz) / 1_000;
    const pauses: number[] = [];
    let from = 0;
    for (let at = 0; at <= samples.length; at += 1) {
      if (at < samples.length && Math.abs(samples[at]!) < QUIET_LEVEL) {
        continue;
      }
      // A pause may go on in the next chunk, so at either end a shorter one counts.
      const edge = from === 0 || at === samples.length;
      if (at - from >= (edge ? shortest / 6 : shortest)) {
        pauses.push(from, at);
      }
      from = at + 1;
    }
    return pauses;
  }
}
