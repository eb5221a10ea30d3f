/**
 * Holds speech until it is heard. Pulled every 10 ms, it always answers: with speech, with what covers a gap in it, or with
 * silence. Time here is the media timeline: milliseconds of sound pulled since the start, silence included. With a buffer,
 * speech that arrives unsteadily is heard steadily; without one, speech is heard as it comes.
 */
import type { Clock } from '../clock.ts';
import type { PhonemeMark } from '../ports.ts';
import type { BufferOptions } from './buffer-options.ts';
import type { Flow } from './flow.ts';
import { FRAME_MS, PlayoutBuffer, type BufferCounters } from './playout-buffer.ts';
import type { ScheduledSpeech, Segment, SegmentKind } from './segment.ts';
import { SoundLine } from './sound-line.ts';
import { SpeechQueue } from './speech-queue.ts';
import { ramp } from './splice.ts';

export { FRAME_MS } from './playout-buffer.ts';
export type { ScheduledSpeech, Segment, SegmentKind } from './segment.ts';

/** Five minutes of sound wait at most; what comes beyond is refused and counted. */
const CAPACITY_MS = 300_000;
/** A pause held up to this long moves what is still to be said; a longer one brings the mouth to rest. */
const MOVED_PAUSE_MS = 60;

export type PlayoutEvent =
  | { type: 'started'; segment: Segment; atMs: number }
  | { type: 'finished'; segment: Segment; playedMs: number; interrupted: boolean };

/**
 * What a frame changes in the times of speech. `placed`: this speech is heard then. `moved`: what was placed from `fromMs` on
 * is heard `byMs` later. `held`: what was placed from `atMs` on is not heard for now; it will be placed again.
 */
export type SpeechCue =
  | { type: 'placed'; speech: ScheduledSpeech }
  | { type: 'moved'; fromMs: number; byMs: number }
  | { type: 'held'; atMs: number };

export interface PlayoutFrame {
  /** `stretched`: longer or shorter than it came. `concealed`: made up where a word broke. `comfort`: quiet within speech. */
  kind: 'speech' | 'stretched' | 'concealed' | 'comfort' | 'silence';
  /** FRAME_MS of mono PCM. The receiver owns it. */
  samples: Int16Array;
  events: PlayoutEvent[];
  cues: SpeechCue[];
}

export interface PlayoutOptions {
  sampleRateHz: number;
  /** Absent: speech is heard as it comes. The clock times arrivals; the media timeline needs none. */
  buffer?: { clock: Clock; options?: Partial<BufferOptions> };
}

interface SegmentState {
  segment: Segment;
  flow: Flow;
  started: boolean;
  queuedSamples: number;
  playedSamples: number;
  /** The latest sound that came, or was taken, ended in a pause. */
  cameInPause: boolean;
  tookPause: boolean;
}

type Sound = Pick<PlayoutFrame, 'kind' | 'samples'>;

export class Playout {
  readonly sampleRateHz: number;
  readonly #frameSamples: number;
  readonly #clock: Clock | undefined;
  readonly #buffer: PlayoutBuffer;
  readonly #queue: SpeechQueue;
  readonly #line: SoundLine;
  readonly #segments = new Map<number, SegmentState>();
  #nextSegmentId = 1;
  #pulledFrames = 0;
  #pausedAtMs: number | undefined;
  /** The next frame fades what sounds and keeps it. */
  #fadesOut = false;
  #tail: Int16Array | undefined;
  /** Whose sound was heard latest. */
  #latest: SegmentState | undefined;
  /** Marks of what is queued are held back; they are placed when it goes on. */
  #unplaced = false;
  #events: PlayoutEvent[] = [];
  #cues: SpeechCue[] = [];

  /** `sampleRateHz` must make FRAME_MS a whole number of samples. Throws RangeError otherwise, and for a bad buffer. */
  constructor(options: PlayoutOptions) {
    const frameSamples = (options.sampleRateHz * FRAME_MS) / 1_000;
    if (!Number.isInteger(frameSamples) || frameSamples <= 0) {
      throw new RangeError(
        `A rate of ${String(options.sampleRateHz)} Hz has no whole ${String(FRAME_MS)} ms frame.`,
      );
    }
    this.sampleRateHz = options.sampleRateHz;
    this.#frameSamples = frameSamples;
    this.#clock = options.buffer?.clock;
    this.#buffer = new PlayoutBuffer(options.buffer?.options);
    this.#queue = new SpeechQueue(options.sampleRateHz, frameSamples);
    this.#line = new SoundLine(
      this.#queue,
      options.sampleRateHz,
      frameSamples,
      options.buffer !== undefined,
    );
  }

  /** Media time of the next frame. */
  get positionMs(): number {
    return this.#pulledFrames * FRAME_MS;
  }

  get queuedMs(): number {
    return this.#toMs(this.#queue.samples + this.#line.pendingSamples);
  }

  get paused(): boolean {
    return this.#pausedAtMs !== undefined;
  }

  get counters(): Readonly<BufferCounters> {
    return this.#buffer.counters;
  }

  /** Whether anything of that kind is waiting or being heard. */
  holds(kind: SegmentKind): boolean {
    return [...this.#segments.values()].some(({ segment }) => segment.kind === kind);
  }

  open(kind: SegmentKind): Segment {
    const segment: Segment = { id: this.#nextSegmentId++, kind };
    this.#segments.set(segment.id, {
      segment,
      flow: this.#buffer.open(),
      started: false,
      queuedSamples: 0,
      playedSamples: 0,
      cameInPause: false,
      tookPause: false,
    });
    return segment;
  }

  /**
   * Appends speech to an open segment and returns when it will be heard. Takes ownership of `samples`. Undefined: that is not
   * known yet, and a cue of a later pull will tell; or the segment is gone (cleared meanwhile), or there is no room, and the
   * speech is dropped.
   */
  push(
    segment: Segment,
    samples: Int16Array,
    phonemes: readonly PhonemeMark[] = [],
  ): ScheduledSpeech | undefined {
    const state = this.#segments.get(segment.id);
    if (state === undefined || state.flow.ended) {
      return undefined;
    }
    const startMs = this.positionMs + this.queuedMs;
    if (samples.length === 0) {
      return { phonemes, startMs };
    }
    if (this.queuedMs >= CAPACITY_MS) {
      this.#buffer.counters.droppedMs += this.#toMs(samples.length);
      return undefined;
    }
    const { flow } = state;
    const endsInPause = this.#queue.push(segment, samples, phonemes);
    state.queuedSamples += samples.length;
    if (this.#clock === undefined) {
      return { phonemes, startMs };
    }
    const nowMs = this.#clock.nowMs();
    this.#buffer.arrive(flow, nowMs, this.#toMs(samples.length), state.cameInPause);
    state.cameInPause = endsInPause;
    const next = this.#queue.samples === samples.length;
    if (flow.phase !== 'playing' && next && !this.paused && this.#buffer.ready(flow, nowMs)) {
      this.#buffer.start(flow, nowMs);
      this.#unplaced = false;
    }
    if (this.#unplaced || flow.phase !== 'playing') {
      this.#unplaced = true;
      return undefined;
    }
    return this.#queue.placed(this.positionMs + this.#toMs(this.#line.pendingSamples)).at(-1);
  }

  /** No more speech comes for this segment; it finishes when the last of it has been heard. */
  end(segment: Segment): void {
    const state = this.#segments.get(segment.id);
    if (state !== undefined) {
      state.flow.ended = true;
      this.#finishDrained();
    }
  }

  /** Drops all speech; what sounds fades out within the next frame. Every open segment finishes as interrupted. */
  clear(): void {
    this.#tail = this.paused ? undefined : this.#lastFrame();
    this.#queue.clear();
    this.#line.clear();
    this.#pausedAtMs = undefined;
    this.#fadesOut = false;
    this.#unplaced = false;
    for (const state of [...this.#segments.values()]) {
      this.#finish(state, true);
    }
  }

  /** Holds speech back; what sounds fades out within the next frame and is kept. */
  pause(): void {
    if (!this.paused) {
      this.#pausedAtMs = this.#clock?.nowMs() ?? 0;
      this.#fadesOut = this.#sounding;
    }
  }

  /** Goes on where it was held, and returns where the rest now stands on the timeline. */
  resume(): ScheduledSpeech[] {
    if (this.#pausedAtMs === undefined) {
      return [];
    }
    const pausedMs = (this.#clock?.nowMs() ?? 0) - this.#pausedAtMs;
    for (const { flow } of this.#segments.values()) {
      flow.pausedMs += flow.phase === 'playing' ? pausedMs : 0;
    }
    this.#pausedAtMs = undefined;
    this.#fadesOut = false;
    this.#line.fadeIn();
    const flow = this.#front?.flow;
    if (this.#clock !== undefined && flow?.phase !== 'playing') {
      this.#unplaced = this.#queue.samples > 0;
      return [];
    }
    this.#unplaced = false;
    return this.#queue.placed(this.positionMs + this.#toMs(this.#line.pendingSamples));
  }

  /** The next FRAME_MS of sound. */
  pull(): PlayoutFrame {
    const { kind, samples } = this.#sound();
    this.#pulledFrames += 1;
    this.#finishDrained();
    const [events, cues] = [this.#events, this.#cues];
    this.#events = [];
    this.#cues = [];
    return { kind, samples, events, cues };
  }

  get #front(): SegmentState | undefined {
    const { front } = this.#queue;
    return front === undefined ? undefined : this.#segments.get(front.id);
  }

  /** Whether the next frame would be speech, or what covers it. */
  get #sounding(): boolean {
    const playing = this.#clock === undefined || this.#front?.flow.phase === 'playing';
    const { covering, pendingSamples } = this.#line;
    return covering || pendingSamples > 0 || (this.#queue.samples > 0 && playing);
  }

  #sound(): Sound {
    const tail = this.#tail;
    if (tail !== undefined) {
      this.#tail = undefined;
      return { kind: 'speech', samples: tail };
    }
    const silence = new Int16Array(this.#frameSamples);
    if (this.#fadesOut) {
      this.#fadesOut = false;
      return { kind: this.#line.fadeOut(silence) ? 'speech' : 'silence', samples: silence };
    }
    if (this.paused) {
      return { kind: 'silence', samples: silence };
    }
    if (this.#line.pendingSamples >= this.#frameSamples) {
      return { kind: 'stretched', samples: this.#line.play('play', 0).samples };
    }
    const state = this.#front ?? this.#starving;
    if (state !== undefined && this.#clock !== undefined) {
      return this.#buffered(state, this.#clock.nowMs(), silence);
    }
    if (state !== undefined || this.#line.pendingSamples > 0) {
      return { kind: 'speech', samples: this.#play(state, 'play').samples };
    }
    return { kind: 'silence', samples: silence };
  }

  /** The segment that was heard latest and whose next sound is not there. */
  get #starving(): SegmentState | undefined {
    const state = this.#latest;
    const open = state !== undefined && !state.flow.ended && this.#segments.has(state.segment.id);
    return open && this.#clock !== undefined ? state : undefined;
  }

  #buffered(state: SegmentState, nowMs: number, silence: Int16Array): Sound {
    const { flow } = state;
    const pauses =
      this.#queue.samples > 0
        ? this.#queue.pauses()
        : { pauseLeftMs: state.tookPause ? FRAME_MS : 0, pauseAheadMs: Number.POSITIVE_INFINITY };
    const action = this.#buffer.next(flow, { nowMs, ...pauses });
    switch (action) {
      case 'silence':
        return { kind: 'silence', samples: silence };
      case 'conceal':
        return { kind: 'concealed', samples: this.#line.coverGap('conceal') };
      case 'comfort':
        return { kind: 'comfort', samples: this.#line.coverGap('comfort') };
      case 'hold':
        this.#holdMarks(flow.heldMs);
        return { kind: 'comfort', samples: this.#line.hold() };
      default:
    }
    if (this.#unplaced) {
      this.#unplaced = false;
      const startMs = this.positionMs + this.#toMs(this.#line.pendingSamples);
      for (const speech of this.#queue.placed(startMs)) {
        this.#cues.push({ type: 'placed', speech });
      }
    }
    state.tookPause = pauses.pauseLeftMs >= Math.min(FRAME_MS, flow.levelMs);
    const { samples, added } = this.#play(state, action);
    return { kind: added === 0 ? 'speech' : 'stretched', samples };
  }

  /** A short hold moves what is still to be said, a long one lets the mouth rest until it goes on. */
  #holdMarks(heldMs: number): void {
    if (heldMs <= MOVED_PAUSE_MS) {
      this.#cues.push({ type: 'moved', fromMs: this.positionMs, byMs: FRAME_MS });
    } else if (!this.#unplaced) {
      this.#unplaced = true;
      this.#cues.push({ type: 'held', atMs: this.positionMs });
    }
  }

  #play(
    state: SegmentState | undefined,
    tempo: 'play' | 'slow' | 'fast',
  ): { samples: Int16Array; added: number } {
    const ended = state?.flow.ended !== false;
    const left = ended ? (state?.queuedSamples ?? 0) : Number.POSITIVE_INFINITY;
    const { samples, taken, added, addedAt } = this.#line.play(tempo, left);
    if (added !== 0) {
      const fromMs = this.positionMs + this.#toMs(addedAt);
      this.#cues.push({ type: 'moved', fromMs, byMs: this.#toMs(added) });
    }
    if (state !== undefined && taken > 0) {
      this.#markHeard(state, taken, added);
    }
    return { samples, added };
  }

  /** What sounds when everything is cut, faded. */
  #lastFrame(): Int16Array | undefined {
    if (this.#line.covering) {
      return ramp(this.#line.coverGap('conceal'), 1, 0);
    }
    return this.#sounding ? ramp(this.#play(this.#front, 'play').samples, 1, 0) : undefined;
  }

  #markHeard(state: SegmentState, taken: number, added: number): void {
    if (!state.started) {
      state.started = true;
      this.#events.push({ type: 'started', segment: state.segment, atMs: this.positionMs });
    }
    this.#latest = state;
    state.queuedSamples -= taken;
    state.playedSamples += taken;
    this.#buffer.played(state.flow, this.#toMs(taken), this.#toMs(taken + added));
  }

  #finishDrained(): void {
    for (const state of [...this.#segments.values()]) {
      if (state.flow.ended && state.queuedSamples === 0) {
        this.#finish(state, false);
      }
    }
  }

  #finish(state: SegmentState, interrupted: boolean): void {
    this.#segments.delete(state.segment.id);
    const playedMs = this.#toMs(state.playedSamples);
    this.#events.push({ type: 'finished', segment: state.segment, playedMs, interrupted });
  }

  #toMs(samples: number): number {
    return (samples * 1_000) / this.sampleRateHz;
  }
}
