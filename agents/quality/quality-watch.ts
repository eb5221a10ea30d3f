/** Looks each second at what a call costs and at what arrives of it, and has the avatar's picture follow. */
import type { QualityAttribute } from '#agents/dispatch/quality.ts';
import type { Clock } from '#media/clock.ts';
import { QualityController, type Decision } from '#media/quality/controller.ts';
import type { Rung } from '#media/quality/ladder.ts';
import type { EncoderReport, Neighbour, Observation } from '#media/quality/observation.ts';
import type { StageCounters } from '#media/stage/stage.ts';
import type { LearnerReports } from './learner-reports.ts';

/** Where the figures come from; each may be absent on a given second. */
export interface QualitySources {
  stage(): StageCounters;
  reports: LearnerReports;
  machineLoad(): number;
  loopLagMs(): number;
  /** 0..1, where a runtime draws this face. */
  runtimeLoad?(): number | undefined;
  /** Since it was asked before. May reject: then nothing is known. */
  encoder(): Promise<EncoderReport | undefined>;
  connection(): Observation['connection'];
  neighbours: {
    others(): Promise<Neighbour[]>;
    tell(note: Neighbour): Promise<void>;
    leave(): Promise<void>;
  };
}

export interface QualityWatchOptions {
  sources: QualitySources;
  clock: Clock;
  /** The picture takes this rung from now on. */
  onRung: (rung: Rung) => void;
  /** For the room: at most every two seconds, and only when something changed that one could see. */
  onNews: (news: QualityAttribute) => void;
  /** Every decision, for logs at debug. */
  onDecision?: (decision: Decision, seen: Observation) => void;
}

/** For `/metrics`: what has been chosen so far. */
export interface QualityCounters {
  /** The latest `video_quality_score`. */
  score: number;
  rung: number;
  reason: string;
  stepsDown: number;
  stepsUp: number;
  /** Seconds on each rung, best first. */
  secondsOnRung: number[];
}

const LOOK_EVERY_MS = 1_000;
const NEWS_EVERY_MS = 2_000;
/** A smaller change of the score is no news. */
const SCORE_STEP = 5;

export class QualityWatch {
  readonly counters: QualityCounters = {
    score: 100,
    rung: 0,
    reason: 'none',
    stepsDown: 0,
    stepsUp: 0,
    secondsOnRung: [],
  };
  readonly #options: QualityWatchOptions;
  readonly #controller = new QualityController();
  #before: StageCounters;
  #told: QualityAttribute | undefined;
  #toldAtMs = -Infinity;
  #cancel: () => void = () => undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: QualityWatchOptions) {
    this.#options = options;
    this.#before = { ...options.sources.stage() };
    // The first look at the neighbours only says who is there; the second, who lives.
    this.#looking = options.sources.neighbours.others().then(() => undefined);
    this.#plan();
  }

  /** Idempotent. Resolves when nothing of it runs any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#looking;
    await this.#options.sources.neighbours.leave();
  }

  #plan(): void {
    this.#cancel = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#looking = this.#looking
        .then(() => this.#look())
        .catch(() => undefined)
        .finally(() => {
          if (!this.#closed) {
            this.#plan();
          }
        });
    });
  }

  async #look(): Promise<void> {
    const { sources, clock, onRung, onDecision } = this.#options;
    const seen = await this.#observe();
    if (this.#closed) {
      return;
    }
    const before = this.counters.rung;
    const decision = this.#controller.observe(seen, clock.nowMs());
    this.#count(decision);
    if (decision.rung !== before) {
      onRung(decision.settings);
    }
    onDecision?.(decision, seen);
    this.#tell(decision);
    await sources.neighbours.tell(decision.neighbour);
  }

  async #observe(): Promise<Observation> {
    const { sources } = this.#options;
    const [encoder, neighbours] = await Promise.all([
      sources.encoder().catch(() => undefined),
      sources.neighbours.others(),
    ]);
    const stage = { ...sources.stage() };
    const drawn = stage.picturesDrawn - this.#before.picturesDrawn;
    const dropped = stage.picturesDropped - this.#before.picturesDropped;
    const renderMs = stage.renderMsTotal - this.#before.renderMsTotal;
    this.#before = stage;
    const runtimeLoad = sources.runtimeLoad?.();
    const subscriber = sources.reports.take();
    const connection = sources.connection();
    return {
      machineLoad: sources.machineLoad(),
      loopLagMs: sources.loopLagMs(),
      neighbours,
      ...(drawn > 0 ? { renderMs: renderMs / drawn } : {}),
      ...(drawn + dropped > 0 ? { droppedShare: dropped / (drawn + dropped) } : {}),
      ...(encoder === undefined ? {} : { encoder }),
      ...(runtimeLoad === undefined ? {} : { runtimeLoad }),
      ...(subscriber === undefined ? {} : { subscriber }),
      ...(connection === undefined ? {} : { connection }),
    };
  }

  #count({ rung, score, reason }: Decision): void {
    const { counters } = this;
    counters.stepsDown += rung > counters.rung ? 1 : 0;
    counters.stepsUp += rung < counters.rung ? 1 : 0;
    counters.secondsOnRung[rung] = (counters.secondsOnRung[rung] ?? 0) + 1;
    Object.assign(counters, { rung, score, reason });
  }

  #tell({ rung, score, reason }: Decision): void {
    const nowMs = this.#options.clock.nowMs();
    const told = this.#told;
    const news =
      told === undefined ||
      told.rung !== rung ||
      told.reason !== reason ||
      Math.abs(told.score - score) >= SCORE_STEP;
    if (news && nowMs - this.#toldAtMs >= NEWS_EVERY_MS) {
      this.#told = { rung, score, reason };
      this.#toldAtMs = nowMs;
      this.#options.onNews(this.#told);
    }
  }
}
