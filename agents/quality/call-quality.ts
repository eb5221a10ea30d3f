/** Adaptive quality of one call: the watch with this machine's and this room's figures. */
import type { QualityAttribute } from '#agents/dispatch/quality.ts';
import { LearnerLine } from '#agents/room/learner-line.ts';
import type { Clock } from '#media/clock.ts';
import type { Decision } from '#media/quality/controller.ts';
import type { Rung } from '#media/quality/ladder.ts';
import type { Observation } from '#media/quality/observation.ts';
import type { StageCounters } from '#media/stage/stage.ts';
import type { Room } from '@livekit/rtc-node';
import { LearnerReports } from './learner-reports.ts';
import { LoopLag } from './loop-lag.ts';
import { MachineLoad } from './machine-load.ts';
import { NeighbourBoard } from './neighbour-board.ts';
import { QualityWatch, type QualityCounters } from './quality-watch.ts';

export interface CallQualityOptions {
  room: Room;
  /** Absent where anybody may watch. */
  learnerIdentity?: string;
  /** Names this session among those of the machine. */
  session: string;
  clock: Clock;
  stage: () => StageCounters;
  /** 0..1; this machine's own when absent. */
  machineLoad?: () => number;
  /** 0..1, where a runtime draws this face. */
  runtimeLoad?: () => number | undefined;
  onRung: (rung: Rung) => void;
  /** For the room, at most every two seconds. */
  onNews: (news: QualityAttribute) => void;
  /** Every second's decision, for logs at debug. */
  onDecision?: (decision: Decision, seen: Observation) => void;
}

export class CallQuality {
  readonly #line: LearnerLine;
  readonly #loopLag = new LoopLag();
  readonly #watch: QualityWatch;
  #closing: Promise<void> | undefined;

  constructor(options: CallQualityOptions) {
    const { room, learnerIdentity, session, clock, runtimeLoad, onDecision } = options;
    const reports = new LearnerReports();
    const load = new MachineLoad();
    const line = new LearnerLine({
      room,
      ...(learnerIdentity === undefined ? {} : { learnerIdentity }),
      clock,
      onReport: (payload) => {
        reports.receive(payload);
      },
    });
    this.#line = line;
    this.#watch = new QualityWatch({
      clock,
      sources: {
        stage: options.stage,
        reports,
        machineLoad: options.machineLoad ?? (() => load.read()),
        loopLagMs: () => this.#loopLag.read(),
        encoder: () => line.encoder(),
        connection: () => line.connection,
        neighbours: new NeighbourBoard({ session, clock }),
        ...(runtimeLoad === undefined ? {} : { runtimeLoad }),
      },
      onRung: options.onRung,
      onNews: options.onNews,
      ...(onDecision === undefined ? {} : { onDecision }),
    });
  }

  /** For a metrics page: `video_quality_score` is `score`. */
  get counters(): QualityCounters {
    return this.#watch.counters;
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  async #release(): Promise<void> {
    this.#line.close();
    await this.#watch.close();
    this.#loopLag.close();
  }
}
