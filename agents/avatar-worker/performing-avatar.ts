/** One avatar that plays for somebody else's agent: it listens to the agent's sound and performs it in the room. */
import type { AvatarSummary } from '#agents/dispatch/avatar-service.ts';
import { FRAMES_PER_SECOND, LIP_DELAY_MS, VIDEO_LEAD_MS } from '#agents/room/lip-timing.ts';
import { CallQuality } from '#agents/quality/call-quality.ts';
import { AvatarRoom, type AvatarRoomOptions } from '#agents/room/avatar-room.ts';
import { RoomAvOutput } from '#agents/room/av-output.ts';
import type { Clock } from '#media/clock.ts';
import type { Attention } from '#media/performer/attention.ts';
import { Performer } from '#media/performer/performer.ts';
import { Playout, type PlayoutEvent } from '#media/playout/playout.ts';
import type { FaceRenderer } from '#media/ports.ts';
import { Stage, type StageCounters } from '#media/stage/stage.ts';
import { PlaybackReports } from './playback-reports.ts';
import type { ProtocolError } from './protocol-error.ts';
import { SoundInbox } from './sound-inbox.ts';

/** What most voices speak at; others are converted. */
const SAMPLE_RATE_HZ = 24_000;
/** An avatar whose agent has not come by then leaves. */
const AGENT_COMES_WITHIN_MS = 60_000;
/** An agent that lost its connection may come back within this. */
const AGENT_RETURNS_WITHIN_MS = 15_000;

const ATTENTION: Readonly<Record<string, Attention>> = {
  initializing: 'idle',
  idle: 'idle',
  listening: 'listening',
  thinking: 'thinking',
  speaking: 'speaking',
};

export interface PerformingAvatarOptions extends AvatarRoomOptions {
  id: string;
  avatar: string;
  face: FaceRenderer;
  seed: number;
  clock: Clock;
  /** The agent's sound or marks were not as the protocol wants them. */
  onProblem: (error: ProtocolError) => void;
  /** It has nothing left to do: its owner closes it. */
  onOver: (reason: string) => void;
  /** It has left; the face is drawn no more. */
  onClosed: () => void;
}

/** What it has cost and how fast it was. */
export interface PerformanceFigures extends StageCounters {
  segments: number;
  /** From the first bytes of the latest segment to the first of its sound being written; absent before it. */
  firstSoundMs?: number;
  reportsLost: number;
  /** Phonemes that the agent told; where it tells none, the mouth listens. */
  toldMarks: number;
  /** `video_quality_score`, 0..100: what a loaded machine and the line of who watches leave of the picture. */
  qualityScore: number;
}

export class PerformingAvatar {
  readonly #options: PerformingAvatarOptions;
  readonly #room: AvatarRoom;
  readonly #playout: Playout;
  readonly #performer: Performer;
  readonly #stage: Stage;
  readonly #sink: RoomAvOutput;
  readonly #inbox: SoundInbox;
  readonly #reports: PlaybackReports;
  readonly #quality: CallQuality;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  /** Segments of the agent that is here: of nobody else's is it told. */
  readonly #reported = new Set<number>();
  /** When the first bytes of segments that have not sounded yet came. */
  readonly #comingSinceMs = new Map<number, number>();
  readonly #figures = {
    segments: 0,
    reportsLost: 0,
    firstSoundMs: undefined as number | undefined,
  };
  #giveUp: () => void = () => undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: PerformingAvatarOptions, room: AvatarRoom, sink: RoomAvOutput) {
    this.#options = options;
    this.#room = room;
    this.#sink = sink;
    // Somebody else's engine behind a network: the buffer learns how its sound comes.
    this.#playout = new Playout({
      sampleRateHz: SAMPLE_RATE_HZ,
      buffer: { clock: options.clock },
    });
    this.#performer = new Performer({ seed: options.seed });
    this.#stage = new Stage({
      playout: this.#playout,
      acting: this.#performer,
      face: options.face,
      sink,
      clock: options.clock,
      framesPerSecond: FRAMES_PER_SECOND,
      videoLeadMs: VIDEO_LEAD_MS,
      lipDelayMs: Math.max(0, LIP_DELAY_MS - (options.face.lagMs ?? 0)),
    });
    this.#stage.onEvent((event) => {
      this.#onStageEvent(event);
    });
    this.#reports = new PlaybackReports({
      send: (method, payload) => room.report(method, payload),
      clock: options.clock,
      onLost: () => {
        this.#figures.reportsLost += 1;
      },
    });
    const playout = this.#playout;
    this.#inbox = new SoundInbox({
      stage: {
        get queuedMs() {
          return playout.queuedMs;
        },
        open: () => {
          const segment = this.#stage.open('answer');
          this.#reported.add(segment.id);
          return segment;
        },
        push: (segment, samples, marks) => {
          this.#stage.push(segment, samples, marks);
        },
        end: (segment) => {
          this.#stage.end(segment);
        },
      },
      sampleRateHz: SAMPLE_RATE_HZ,
      clock: options.clock,
      onFirstSound: ({ id }) => {
        this.#comingSinceMs.set(id, options.clock.nowMs());
      },
      onProblem: options.onProblem,
    });
    this.#quality = new CallQuality({
      room: room.room,
      session: options.id,
      clock: options.clock,
      stage: () => this.#stage.counters,
      onRung: (rung) => {
        this.#stage.setFramesPerSecond(rung.framesPerSecond);
        sink.setRung(rung);
      },
      onNews: (news) => {
        room.tell({ 'understudy.quality': JSON.stringify(news) });
      },
    });
    this.#performer.setAttention('idle', 0);
    this.#running = this.#stage.run(this.#stop.signal).catch(() => {
      this.#over('the room takes no more sound or pictures');
    });
    this.#leaveWithin(AGENT_COMES_WITHIN_MS, 'the agent never came');
  }

  /** Joins the room, publishes the tracks and comes alive. Rejects when the room cannot be entered. */
  static async enter(options: PerformingAvatarOptions): Promise<PerformingAvatar> {
    // The room may tell of streams before the tracks are published: they wait until somebody is there to play them.
    const early: ((avatar: PerformingAvatar) => void)[] = [];
    let entered: PerformingAvatar | undefined;
    const tell = (act: (avatar: PerformingAvatar) => void): void => {
      if (entered === undefined) {
        early.push(act);
      } else {
        act(entered);
      }
    };
    const room = await AvatarRoom.join(options, {
      onAudioStream: (stream) => {
        tell((avatar) => {
          avatar.#inbox.take(stream);
        });
      },
      onMarks: (message) => {
        tell((avatar) => {
          avatar.#inbox.takeMarks(message);
        });
      },
      onClear: () => {
        tell((avatar) => {
          avatar.#clear();
        });
      },
      onAgentState: (state) => {
        tell((avatar) => {
          avatar.#attend(ATTENTION[state] ?? 'idle');
        });
      },
      onAgentHere: () => {
        tell((avatar) => {
          avatar.#giveUp();
        });
      },
      onAgentGone: () => {
        tell((avatar) => {
          avatar.#onAgentGone();
        });
      },
      onEnded: () => {
        tell((avatar) => {
          avatar.#over('the room is closed to it');
        });
      },
    });
    try {
      const sink = await RoomAvOutput.publish(room.room, {
        sampleRateHz: SAMPLE_RATE_HZ,
        widthPx: options.face.widthPx,
        heightPx: options.face.heightPx,
        framesPerSecond: FRAMES_PER_SECOND,
      });
      entered = new PerformingAvatar(options, room, sink);
    } catch (error) {
      await room.leave();
      throw error;
    }
    for (const act of early) {
      act(entered);
    }
    return entered;
  }

  get summary(): AvatarSummary {
    const { agentIdentity, identity, name } = this.#room;
    const { avatar, id } = this.#options;
    return {
      id,
      avatar,
      room: name,
      identity,
      ...(agentIdentity === undefined ? {} : { agentIdentity }),
    };
  }

  get figures(): PerformanceFigures {
    const { firstSoundMs, ...counts } = this.#figures;
    return {
      ...this.#stage.counters,
      ...counts,
      toldMarks: this.#inbox.toldMarks,
      qualityScore: this.#quality.counters.score,
      ...(firstSoundMs === undefined ? {} : { firstSoundMs }),
    };
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  async #release(): Promise<void> {
    this.#giveUp();
    this.#stop.abort();
    await this.#quality.close();
    this.#reports.close();
    await this.#inbox.close();
    await this.#running;
    await this.#sink.close();
    await this.#room.leave();
    this.#options.onClosed();
  }

  #clear(): void {
    this.#inbox.clear();
    this.#stage.clear();
  }

  #attend(attention: Attention): void {
    this.#performer.setAttention(attention, this.#stage.nowMs);
  }

  #onAgentGone(): void {
    this.#inbox.reset();
    this.#reported.clear();
    this.#stage.clear();
    this.#reports.reset();
    this.#attend('idle');
    this.#leaveWithin(AGENT_RETURNS_WITHIN_MS, 'the agent left');
  }

  #onStageEvent(event: PlayoutEvent): void {
    const { id } = event.segment;
    if (!this.#reported.has(id)) {
      this.#comingSinceMs.delete(id);
      return;
    }
    if (event.type === 'started') {
      const sinceMs = this.#comingSinceMs.get(id);
      if (sinceMs !== undefined) {
        this.#figures.firstSoundMs = this.#options.clock.nowMs() - sinceMs;
      }
      this.#figures.segments += 1;
      this.#attend('speaking');
      this.#reports.started();
      return;
    }
    this.#comingSinceMs.delete(id);
    this.#reported.delete(id);
    if (!this.#playout.holds('answer')) {
      this.#attend('listening');
    }
    this.#reports.finished(event);
  }

  #leaveWithin(ms: number, reason: string): void {
    this.#giveUp();
    this.#giveUp = this.#options.clock.after(ms, () => {
      this.#over(reason);
    });
  }

  #over(reason: string): void {
    if (!this.#stop.signal.aborted) {
      this.#options.onOver(reason);
    }
  }
}
