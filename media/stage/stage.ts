/**
 * Where sound and picture meet. Sound is the clock: it is pulled and written steadily, and every picture is drawn for
 * the moment of the media timeline that is leaving for the learner.
 */
import type { Clock } from '../clock.ts';
import type { FacePose } from '../face/pose.ts';
import type { FaceRenderer, PhonemeMark } from '../ports.ts';
import type { BufferCounters } from '../playout/playout-buffer.ts';
import {
  Playout,
  type PlayoutEvent,
  type Segment,
  type SegmentKind,
  type SpeechCue,
} from '../playout/playout.ts';

/** Where sound and picture go: a LiveKit room, or a recorder in tests. */
export interface AvSink {
  /** Takes FRAME_MS of sound; resolves when it wants more. Its pace is the clock. Takes ownership of `samples`. */
  writeAudio(samples: Int16Array): Promise<void>;
  /** Sound taken and not yet sent, in ms. */
  readonly audioQueuedMs: number;
  /** Takes one picture; reads `frame` before it returns. */
  writeVideo(frame: Uint8Array, ptsUs: bigint): void;
}

/** What the stage needs of the performer. */
export interface Acting {
  speak(marks: PhonemeMark[], startMs: number): void;
  stopSpeech(atMs: number): void;
  /** Speech from `fromMs` on is heard `byMs` later than it was said to be; negative: sooner. */
  moveSpeech?(fromMs: number, byMs: number): void;
  /** The sound ran out: speech from `atMs` on is not heard for now. What comes of it is spoken again. */
  holdSpeech?(atMs: number): void;
  poseAt(tMs: number): FacePose;
}

export interface StageOptions {
  playout: Playout;
  acting: Acting;
  face: FaceRenderer;
  sink: AvSink;
  /** For the cost counters; the media timeline needs none. */
  clock: Clock;
  framesPerSecond: number;
  /** How much before the sound of its moment a picture is handed over: what the face does by itself is seen sooner. */
  videoLeadMs: number;
  /**
   * How much later than that lead speech moves the face, so that lips and sound meet at the subscriber, where sound
   * waits in a jitter buffer and a picture hardly does; docs/architecture.md has the measurement.
   */
  lipDelayMs: number;
}

export interface StageCounters {
  picturesDrawn: number;
  picturesDropped: number;
  renderMsTotal: number;
}

export class Stage {
  readonly #options: StageOptions;
  readonly #frame: Uint8Array;
  #frameMs: number;
  #nextPicture = 0;
  #onEvent: (event: PlayoutEvent) => void = () => undefined;
  readonly counters: StageCounters = { picturesDrawn: 0, picturesDropped: 0, renderMsTotal: 0 };

  constructor(options: StageOptions) {
    this.#options = options;
    this.#frameMs = 1_000 / options.framesPerSecond;
    this.#frame = new Uint8Array((options.face.widthPx * options.face.heightPx * 3) / 2);
  }

  onEvent(listener: (event: PlayoutEvent) => void): void {
    this.#onEvent = listener;
  }

  /** From the next picture on. The timeline goes on: no picture is due twice, and none counts as dropped for it. */
  setFramesPerSecond(framesPerSecond: number): void {
    const lastMs = (this.#nextPicture - 1) * this.#frameMs;
    // In whole microseconds: 60 ms stay 60 ms, or a picture of the new pace could fall on the last of the old.
    this.#frameMs = Math.round(1_000_000 / framesPerSecond) / 1_000;
    this.#nextPicture = Math.max(0, Math.floor(lastMs / this.#frameMs) + 1);
  }

  /** How speech arrived and was heard, since the start. */
  get soundCounters(): Readonly<BufferCounters> {
    return this.#options.playout.counters;
  }

  /** Media time of the sound that is leaving now. */
  get nowMs(): number {
    return Math.max(0, this.#options.playout.positionMs - this.#options.sink.audioQueuedMs);
  }

  open(kind: SegmentKind): Segment {
    return this.#options.playout.open(kind);
  }

  /** Queues speech; the mouth follows its marks. Takes ownership of `samples`. */
  push(segment: Segment, samples: Int16Array, phonemes: PhonemeMark[]): void {
    const scheduled = this.#options.playout.push(segment, samples, phonemes);
    if (scheduled !== undefined && phonemes.length > 0 && !this.#options.playout.paused) {
      this.#options.acting.speak(phonemes, scheduled.startMs + this.#options.lipDelayMs);
    }
  }

  end(segment: Segment): void {
    this.#options.playout.end(segment);
  }

  clear(): void {
    this.#options.playout.clear();
    this.#options.acting.stopSpeech(this.#options.playout.positionMs);
  }

  pause(): void {
    this.#options.playout.pause();
    this.#options.acting.stopSpeech(this.#options.playout.positionMs);
  }

  resume(): void {
    for (const { phonemes, startMs } of this.#options.playout.resume()) {
      this.#options.acting.speak([...phonemes], startMs + this.#options.lipDelayMs);
    }
  }

  /** Runs until aborted. Rejects when the sink fails. */
  async run(signal: AbortSignal): Promise<void> {
    const { playout, sink } = this.#options;
    while (!signal.aborted) {
      const { samples, events, cues } = playout.pull();
      for (const cue of cues) {
        this.#follow(cue);
      }
      for (const event of events) {
        this.#onEvent(event);
      }
      await sink.writeAudio(samples);
      this.#drawDue();
    }
  }

  /** The lips go where the sound went: a buffer may start it late, stretch it, or hold it. */
  #follow(cue: SpeechCue): void {
    const { acting, lipDelayMs } = this.#options;
    switch (cue.type) {
      case 'placed':
        if (cue.speech.phonemes.length > 0) {
          acting.speak([...cue.speech.phonemes], cue.speech.startMs + lipDelayMs);
        }
        return;
      case 'moved':
        acting.moveSpeech?.(cue.fromMs + lipDelayMs, cue.byMs);
        return;
      case 'held':
        acting.holdSpeech?.(cue.atMs + lipDelayMs);
    }
  }

  /** Draws the picture that is due. When several are due, all but the last are late and dropped. */
  #drawDue(): void {
    const { acting, clock, face, sink, videoLeadMs } = this.#options;
    const dueMs = this.nowMs + videoLeadMs;
    if (dueMs < this.#nextPicture * this.#frameMs) {
      return;
    }
    const latest = Math.floor(dueMs / this.#frameMs);
    this.counters.picturesDropped += latest - this.#nextPicture;
    const pictureMs = latest * this.#frameMs;
    const startedMs = clock.nowMs();
    face.render(acting.poseAt(pictureMs), this.#frame);
    this.counters.renderMsTotal += clock.nowMs() - startedMs;
    this.counters.picturesDrawn += 1;
    this.#nextPicture = latest + 1;
    sink.writeVideo(this.#frame, BigInt(Math.round(pictureMs * 1_000)));
  }
}
