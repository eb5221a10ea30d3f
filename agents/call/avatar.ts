/** The avatar of one call: its face, its acting and its sound in the room, as one thing that the session can drive. */
import { AvatarOutput } from '#agents/room/avatar-output.ts';
import type { CallRecorder } from '#agents/recording/call-recorder.ts';
import { RoomAvOutput } from '#agents/room/av-output.ts';
import { FRAMES_PER_SECOND, LIP_DELAY_MS, VIDEO_LEAD_MS } from '#agents/room/lip-timing.ts';
import { systemClock } from '#media/clock.ts';
import type { ExpressionName } from '#media/face/pose.ts';
import { Performer } from '#media/performer/performer.ts';
import { Playout } from '#media/playout/playout.ts';
import type { FaceRenderer, SpeechChunk } from '#media/ports.ts';
import type { Rung } from '#media/quality/ladder.ts';
import { Stage, type StageCounters } from '#media/stage/stage.ts';
import type { Room } from '@livekit/rtc-node';

export type Attention = 'idle' | 'listening' | 'thinking' | 'speaking';
export type Reaction = 'breath' | 'nod' | 'gaze' | 'brow';

export interface AvatarOptions {
  room: Room;
  face: FaceRenderer;
  sampleRateHz: number;
  seed: number;
  /** Keeps what is heard and seen of it. */
  recorder?: CallRecorder | undefined;
  onSpeechStarted: () => void;
  /** An answer was cut off after this much of its sound. */
  onSpeechCut: (playedMs: number) => void;
  /** The persona's goodbye was heard to its end. */
  onFarewell: () => void;
  /** The room no longer takes sound or pictures. */
  onFailed: (error: unknown) => void;
}

export class Avatar {
  readonly output: AvatarOutput;
  readonly #stage: Stage;
  readonly #performer: Performer;
  readonly #sink: RoomAvOutput;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #speaking = false;

  private constructor(options: AvatarOptions, sink: RoomAvOutput) {
    this.#sink = sink;
    const { recorder } = options;
    this.#performer = new Performer({ seed: options.seed });
    this.#stage = new Stage({
      playout: new Playout({
        sampleRateHz: options.sampleRateHz,
        buffer: { clock: systemClock },
      }),
      acting: this.#performer,
      face: recorder?.watchFace(options.face) ?? options.face,
      sink: recorder?.watchSink(sink) ?? sink,
      clock: systemClock,
      framesPerSecond: FRAMES_PER_SECOND,
      videoLeadMs: VIDEO_LEAD_MS,
      // A face that is decoded elsewhere is late by itself.
      lipDelayMs: Math.max(0, LIP_DELAY_MS - (options.face.lagMs ?? 0)),
    });
    this.output = new AvatarOutput(this.#stage, options.sampleRateHz, {
      onSpeechStarted: () => {
        this.#speaking = true;
        recorder?.avatarSpeaks(true);
        options.onSpeechStarted();
      },
      onSpeechFinished: ({ playedMs, interrupted, ends }) => {
        this.#speaking = false;
        recorder?.avatarSpeaks(false);
        if (interrupted) {
          options.onSpeechCut(playedMs);
        }
        if (ends && !interrupted) {
          options.onFarewell();
        }
      },
      onExpression: (expression) => {
        this.wear(expression);
      },
    });
    this.#running = this.#stage.run(this.#stop.signal).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) {
        options.onFailed(error);
      }
    });
  }

  /** Publishes the tracks and comes alive. */
  static async enter(options: AvatarOptions): Promise<Avatar> {
    const sink = await RoomAvOutput.publish(options.room, {
      sampleRateHz: options.sampleRateHz,
      widthPx: options.face.widthPx,
      heightPx: options.face.heightPx,
      framesPerSecond: FRAMES_PER_SECOND,
    });
    return new Avatar(options, sink);
  }

  /** Whether an answer of it is sounding. */
  get speaking(): boolean {
    return this.#speaking;
  }

  /** Lets `listener` hear what leaves for the learner, 10 ms at a time. It must not keep or change the samples. */
  heardBy(listener: (samples: Int16Array) => void): void {
    this.#sink.onSound = listener;
  }

  get counters(): StageCounters {
    return this.#stage.counters;
  }

  /** How often pictures are drawn, and how they are sent. */
  setPicture(rung: Rung): void {
    this.#stage.setFramesPerSecond(rung.framesPerSecond);
    this.#sink.setRung(rung);
  }

  /** Speech stands still, as the room cannot hear it. */
  hold(): void {
    this.#stage.pause();
  }

  release(): void {
    this.#stage.resume();
  }

  wear(expression: ExpressionName): void {
    this.#performer.setExpression(expression, this.#stage.nowMs);
  }

  attend(attention: Attention): void {
    this.#performer.setAttention(attention, this.#stage.nowMs);
  }

  react(reaction: Reaction): void {
    this.#performer.react(reaction, this.#stage.nowMs);
  }

  /** A short sound with a slight nod, while the learner has the floor. */
  backchannel(sound: SpeechChunk): void {
    this.#performer.backchannel(this.#stage.nowMs);
    this.output.playBackchannel(sound);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#sink.close();
  }
}
