/**
 * Holds speech until it is heard. Pulled every 10 ms, it always answers: with speech, or with silence. Time here is
 * the media timeline: milliseconds of sound pulled since the start, silence included.
 */
import type { PhonemeMark } from '../ports.ts';

/** Sound is handled in frames of this length; every edit (fade, pause, clear) takes effect at the next one. */
export const FRAME_MS = 10;

export type SegmentKind = 'answer' | 'backchannel';

/** One stretch of speech that ends as a whole: an answer, or a short sound while listening. */
export interface Segment {
  readonly id: number;
  readonly kind: SegmentKind;
}

export type PlayoutEvent =
  | { type: 'started'; segment: Segment; atMs: number }
  | { type: 'finished'; segment: Segment; playedMs: number; interrupted: boolean };

export interface PlayoutFrame {
  kind: 'speech' | 'silence';
  /** FRAME_MS of mono PCM. The receiver owns it. */
  samples: Int16Array;
  events: PlayoutEvent[];
}

/** Speech with its marks, placed on the media timeline. */
export interface ScheduledSpeech {
  phonemes: readonly PhonemeMark[];
  startMs: number;
}

interface Chunk {
  segment: Segment;
  samples: Int16Array;
  phonemes: readonly PhonemeMark[];
  /** Samples of it already pulled. */
  readSamples: number;
}

interface SegmentState {
  segment: Segment;
  started: boolean;
  ended: boolean;
  playedSamples: number;
}

export class Playout {
  readonly sampleRateHz: number;
  readonly #frameSamples: number;
  #queue: Chunk[] = [];
  readonly #segments = new Map<number, SegmentState>();
  #nextSegmentId = 1;
  #pulledFrames = 0;
  #paused = false;
  /** What the next frame does to the sound: the edge of a pause or of a cut. */
  #edge: 'none' | 'fade-in' | 'fade-out-pause' = 'none';
  #tail: Int16Array | undefined;
  #pendingEvents: PlayoutEvent[] = [];

  /** `sampleRateHz` must make FRAME_MS a whole number of samples. Throws RangeError otherwise. */
  constructor(options: { sampleRateHz: number }) {
    const frameSamples = (options.sampleRateHz * FRAME_MS) / 1_000;
    if (!Number.isInteger(frameSamples) || frameSamples <= 0) {
      throw new RangeError(
        `A rate of ${String(options.sampleRateHz)} Hz has no whole ${String(FRAME_MS)} ms frame.`,
      );
    }
    this.sampleRateHz = options.sampleRateHz;
    this.#frameSamples = frameSamples;
  }

  /** Media time of the next frame. */
  get positionMs(): number {
    return this.#pulledFrames * FRAME_MS;
  }

  get queuedMs(): number {
    const samples = this.#queue.reduce(
      (sum, chunk) => sum + chunk.samples.length - chunk.readSamples,
      0,
    );
    return (samples * 1_000) / this.sampleRateHz;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Whether anything of that kind is waiting or being heard. */
  holds(kind: SegmentKind): boolean {
    return [...this.#segments.values()].some(({ segment }) => segment.kind === kind);
  }

  open(kind: SegmentKind): Segment {
    const segment: Segment = { id: this.#nextSegmentId++, kind };
    this.#segments.set(segment.id, { segment, started: false, ended: false, playedSamples: 0 });
    return segment;
  }

  /**
   * Appends speech to an open segment and returns when it will be heard. Takes ownership of `samples`.
   * Speech for a segment that is gone (cleared meanwhile) is dropped, and undefined returned.
   */
  push(
    segment: Segment,
    samples: Int16Array,
    phonemes: readonly PhonemeMark[] = [],
  ): ScheduledSpeech | undefined {
    const state = this.#segments.get(segment.id);
    if (state === undefined || state.ended) {
      return undefined;
    }
    const startMs = this.positionMs + this.queuedMs;
    if (samples.length > 0) {
      this.#queue.push({ segment, samples, phonemes, readSamples: 0 });
    }
    return { phonemes, startMs };
  }

  /** No more speech comes for this segment; it finishes when the last of it has been heard. */
  end(segment: Segment): void {
    const state = this.#segments.get(segment.id);
    if (state !== undefined) {
      state.ended = true;
      this.#finishDrained();
    }
  }

  /** Drops all speech; what sounds fades out within the next frame. Every open segment finishes as interrupted. */
  clear(): void {
    this.#tail = this.#paused ? undefined : this.#takeFrame();
    this.#queue = [];
    this.#paused = false;
    this.#edge = 'none';
    for (const state of [...this.#segments.values()]) {
      this.#finish(state, true);
    }
  }

  /** Holds speech back; what sounds fades out within the next frame and is kept. */
  pause(): void {
    if (!this.#paused) {
      this.#paused = true;
      this.#edge = this.#queue.length > 0 ? 'fade-out-pause' : 'none';
    }
  }

  /** Goes on where it was held, and returns where the rest now stands on the timeline. */
  resume(): ScheduledSpeech[] {
    if (!this.#paused) {
      return [];
    }
    this.#paused = false;
    this.#edge = 'fade-in';
    let startMs = this.positionMs;
    return this.#queue.map((chunk) => {
      const heardMs = (chunk.readSamples * 1_000) / this.sampleRateHz;
      const scheduled = { phonemes: chunk.phonemes, startMs: startMs - heardMs };
      startMs += ((chunk.samples.length - chunk.readSamples) * 1_000) / this.sampleRateHz;
      return scheduled;
    });
  }

  /** The next FRAME_MS of sound. */
  pull(): PlayoutFrame {
    const samples = this.#nextSamples();
    this.#pulledFrames += 1;
    this.#finishDrained();
    const events = this.#pendingEvents;
    this.#pendingEvents = [];
    return samples === undefined
      ? { kind: 'silence', samples: new Int16Array(this.#frameSamples), events }
      : { kind: 'speech', samples, events };
  }

  #nextSamples(): Int16Array | undefined {
    const tail = this.#tail;
    if (tail !== undefined) {
      this.#tail = undefined;
      return ramp(tail, 1, 0);
    }
    if (this.#edge === 'fade-out-pause') {
      this.#edge = 'none';
      const edge = this.#takeFrame({ keep: true });
      return edge === undefined ? undefined : ramp(edge, 1, 0);
    }
    if (this.#paused) {
      return undefined;
    }
    const frame = this.#takeFrame();
    if (frame !== undefined && this.#edge === 'fade-in') {
      this.#edge = 'none';
      return ramp(frame, 0, 1);
    }
    return frame;
  }

  /** One frame from the queue, padded with silence at its end; undefined when the queue is empty. */
  #takeFrame(options: { keep?: boolean } = {}): Int16Array | undefined {
    if (this.#queue.length === 0) {
      return undefined;
    }
    const frame = new Int16Array(this.#frameSamples);
    let filled = 0;
    let index = 0;
    while (filled < frame.length && index < this.#queue.length) {
      const chunk = this.#queue[index]!;
      const part = chunk.samples.subarray(
        chunk.readSamples,
        chunk.readSamples + frame.length - filled,
      );
      frame.set(part, filled);
      filled += part.length;
      if (options.keep !== true) {
        this.#markHeard(chunk, part.length);
      }
      index += 1;
    }
    if (options.keep !== true) {
      this.#queue = this.#queue.filter((chunk) => chunk.readSamples < chunk.samples.length);
    }
    return frame;
  }

  #markHeard(chunk: Chunk, samples: number): void {
    chunk.readSamples += samples;
    const state = this.#segments.get(chunk.segment.id);
    if (state === undefined) {
      return;
    }
    if (!state.started) {
      state.started = true;
      this.#pendingEvents.push({ type: 'started', segment: state.segment, atMs: this.positionMs });
    }
    state.playedSamples += samples;
  }

  #finishDrained(): void {
    for (const state of [...this.#segments.values()]) {
      if (state.ended && !this.#queue.some((chunk) => chunk.segment.id === state.segment.id)) {
        this.#finish(state, false);
      }
    }
  }

  #finish(state: SegmentState, interrupted: boolean): void {
    this.#segments.delete(state.segment.id);
    this.#pendingEvents.push({
      type: 'finished',
      segment: state.segment,
      playedMs: (state.playedSamples * 1_000) / this.sampleRateHz,
      interrupted,
    });
  }
}

/** Multiplies a frame by a raised-cosine ramp between two gains. */
function ramp(samples: Int16Array, from: number, to: number): Int16Array {
  for (let index = 0; index < samples.length; index += 1) {
    const progress = (1 - Math.cos((Math.PI * (index + 1)) / samples.length)) / 2;
    samples[index] = Math.round(samples[index]! * (from + (to - from) * progress));
  }
  return samples;
}
