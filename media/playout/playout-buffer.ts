/**
 * Decides, every frame, what is heard: sound, sound a little slower or faster, a held pause, or what covers a gap. It sees
 * numbers only, so that `Playout` and the simulator of the bench run the same decisions.
 *
 * Two kinds of source need two kinds of delay. One that is *ahead* (an engine that speaks faster than real time) is never
 * waited for unless its sound was late in the middle of words before. A *paced* one (a network, a live source) is kept a
 * learnt delay behind its fastest arrivals.
 */
import { ArrivalSpread } from './arrival-spread.ts';
import { bufferOptions, type BufferOptions } from './buffer-options.ts';
import { Flow } from './flow.ts';

/** Sound is handled in frames of this length; every edit (fade, pause, clear) takes effect at the next one. */
export const FRAME_MS = 10;

/**
 * `silence`: nothing to say yet. `slow`, `fast`: play, and lengthen or shorten it by a period of the voice. `hold`: the pause
 * at hand lasts longer, though sound waits. `conceal`, `comfort`: there is no sound; a word was broken, or none was.
 */
export type BufferAction = 'silence' | 'play' | 'slow' | 'fast' | 'hold' | 'conceal' | 'comfort';

/** What stands in the queue at the moment of a pull. */
export interface QueueView {
  nowMs: number;
  /** What is left of the pause that comes next; 0 when a word does. With an empty queue: whether a pause came last. */
  pauseLeftMs: number;
  /** Sound before the next pause; Infinity when none is queued. */
  pauseAheadMs: number;
}

export interface BufferCounters {
  /** Segments of which something was heard. */
  starts: number;
  /** Waiting before starts, all together. */
  waitedMs: number;
  /** Times that sound was not there when it was due. A pause that lasts up to maximumMs longer is none. */
  underruns: number;
  /** Sound made up where a word broke. */
  concealedMs: number;
  /** Quiet played for want of sound, after concealment or in a pause. */
  comfortMs: number;
  /** Pauses held longer while sound waited. */
  heldMs: number;
  /** Sound added by playing slower. */
  stretchedMs: number;
  /** Sound left out by playing faster. */
  shedMs: number;
  /** Sound refused because the queue was full. */
  droppedMs: number;
}

/** A word that breaks is continued this long, fading. */
export const CONCEALED_MS = 80;
/** One observation of lateness for so much sound. */
const OBSERVED_MS = 1_000;
/** In seconds of speech. What was late once is waited for about 140 s of speech, what recurs for longer. */
const SPREAD = { memory: 200, quantile: 0.9975 };
/** The target is supposed for about 120 s of speech of a paced source that is never late. */
const SUPPOSITION = 0.4;
/** An engine is known after so many observations; until then, and when it was late before, its words are played gently slow. */
const KNOWN_COUNT = 40;
const UNKNOWN_MARGIN = 1.5;
/** Lateness up to this share of the longest delay is learnt: stretched, the longest delay bridges some more. */
const BRIDGED = 1.5;
/** After a stall beyond that, arrivals are trusted again when they are no later than this share of it. */
const CAUGHT_UP = 0.25;
/** Playing goes by whole frames, and the delay is kept to within half of one. */
const PLAYED_AHEAD_MS = 1.5 * FRAME_MS;
/** Closer than this to the wanted delay is close enough. */
const SHORT_OF_TARGET_MS = 5;
const OVER_TARGET_MS = 30;
const OVER_TARGET_IN_PAUSE_MS = 10;
/** Shares of the time by which sound may get longer or shorter: unnoticed; when it runs out; when it soon has. */
const GENTLY = 0.1;
const URGENTLY = 0.35;
const NEARLY_OUT = 0.5;
/** The same towards less delay: in words; in pauses, or when far too much is held. */
const SHEDDING = 0.1;
const SHEDDING_FAST = 0.35;
/** With less sound than this sound nearly has run out. */
const NEARLY_OUT_MS = 80;
/** Sound counts as missing when it is later than usual by so much, or has used up this share of the delay. */
const MISSING_MS = 20;
const MISSING_SHARE = 0.6;
/** Share of the newest lag in the smoothed one: pulls come a little early or late. */
const LAG_SHARE = 1 / 16;

export class PlayoutBuffer {
  readonly options: Readonly<BufferOptions>;
  readonly counters: BufferCounters = {
    starts: 0,
    waitedMs: 0,
    underruns: 0,
    concealedMs: 0,
    comfortMs: 0,
    heldMs: 0,
    stretchedMs: 0,
    shedMs: 0,
    droppedMs: 0,
  };
  readonly #spreads: Record<'paced' | 'ahead', ArrivalSpread>;
  /** The pace of the latest segment that showed one. */
  #pace: 'paced' | 'ahead' | undefined;
  /** Latest lateness that is not yet an observation, and how much sound it covers. */
  #worstMs = 0;
  #observedMs = 0;

  /** Throws RangeError for options that contradict each other. */
  constructor(options: Partial<BufferOptions> = {}) {
    this.options = bufferOptions(options);
    const spread = { ...SPREAD, longestMs: this.options.maximumMs };
    this.#spreads = { paced: new ArrivalSpread(spread), ahead: new ArrivalSpread(spread) };
    // Until a paced source is known it is supposed to need the target.
    this.#spreads.paced.observe(this.options.targetMs, SUPPOSITION);
  }

  open(): Flow {
    const flow = new Flow();
    flow.pace = this.#pace;
    return flow;
  }

  /** The delay wanted now for a source of that pace. */
  targetMs(pace: 'paced' | 'ahead' | undefined): number {
    const { mode, targetMs, minimumPlaybackMs, maximumMs } = this.options;
    if (mode === 'fixed') {
      return targetMs;
    }
    const { quantileMs, count } = this.#spreads[pace ?? 'paced'];
    if (pace === 'ahead') {
      // What was late once will be later some time: while little is known, more is allowed for.
      return Math.min(maximumMs, quantileMs * (count < KNOWN_COUNT ? UNKNOWN_MARGIN : 1));
    }
    return Math.min(maximumMs, Math.max(minimumPlaybackMs, quantileMs + PLAYED_AHEAD_MS));
  }

  /** Takes note of sound that arrives at `nowMs`. `afterPause`: it begins where a pause has just been queued. */
  arrive(flow: Flow, nowMs: number, lengthMs: number, afterPause: boolean): void {
    const { maximumMs } = this.options;
    const first = Number.isNaN(flow.firstAtMs);
    const paceBefore = flow.pace;
    const lateMs = flow.arrive(nowMs, lengthMs, maximumMs);
    if (flow.pace !== undefined) {
      this.#pace = flow.pace;
    }
    if (flow.pace === 'ahead' && paceBefore !== 'ahead' && flow.worstMs <= BRIDGED * maximumMs) {
      // What it was late before it showed its pace was not learnt as an engine's lateness.
      this.#spreads.ahead.observe(flow.worstMs);
    }
    if (first) {
      return;
    }
    // A pause can wait for its words, so an engine that is late there needs no delay at the start.
    const harmless = afterPause && flow.pace === 'ahead';
    // What no allowed delay could have bridged is no reason to wait, nor is what was held back with it.
    flow.catchesUp =
      lateMs > BRIDGED * maximumMs || (flow.catchesUp && lateMs > CAUGHT_UP * maximumMs);
    if (!harmless && !flow.catchesUp) {
      this.#worstMs = Math.max(this.#worstMs, lateMs);
    }
    this.#observedMs += lengthMs;
    if (this.#observedMs >= OBSERVED_MS) {
      this.#spreads[flow.pace ?? 'paced'].observe(this.#worstMs);
      this.#observedMs = 0;
      this.#worstMs = 0;
    }
  }

  /** Whether playing may begin, or go on after it starved. */
  ready(flow: Flow, nowMs: number): boolean {
    const { levelMs } = flow;
    if (levelMs <= 0) {
      return false;
    }
    if (flow.ended) {
      return true;
    }
    const { mode, maximumMs, minimumPlaybackMs, initialMs, refillRatio, targetMs } = this.options;
    if (flow.phase === 'starved') {
      return levelMs >= refillRatio * targetMs || flow.starvedMs >= maximumMs + CONCEALED_MS;
    }
    const waitedMs = nowMs - flow.firstAtMs;
    if (mode === 'fixed') {
      return waitedMs >= targetMs;
    }
    if (waitedMs >= maximumMs) {
      return true;
    }
    if (flow.pace === undefined) {
      return levelMs >= initialMs;
    }
    if (levelMs < minimumPlaybackMs) {
      return false;
    }
    const behindMs = flow.pace === 'paced' ? nowMs - flow.referenceMs : waitedMs;
    return behindMs >= this.targetMs(flow.pace);
  }

  /** Begins to play, or goes on; only when `ready`. */
  start(flow: Flow, nowMs: number): void {
    if (flow.phase === 'waiting') {
      this.counters.starts += 1;
      this.counters.waitedMs += nowMs - flow.firstAtMs;
    } else {
      flow.anchor(nowMs);
    }
    flow.phase = 'playing';
    flow.starvedMs = 0;
    flow.counted = false;
    flow.heldMs = 0;
    flow.lagMs = flow.lagAt(nowMs);
  }

  /** What the next frame of this segment does. */
  next(flow: Flow, view: QueueView): BufferAction {
    if (flow.phase !== 'playing') {
      if (!this.ready(flow, view.nowMs)) {
        return flow.phase === 'starved' ? this.#starve(flow) : 'silence';
      }
      this.start(flow, view.nowMs);
    }
    if (flow.levelMs <= 0) {
      if (flow.ended) {
        return 'silence';
      }
      flow.phase = 'starved';
      flow.brokeWord = view.pauseLeftMs === 0;
      return this.#starve(flow);
    }
    if (flow.ended || this.options.mode === 'fixed') {
      return 'play';
    }
    const action = flow.pace === 'ahead' ? this.#keepUp(flow, view) : this.#keepDelay(flow, view);
    if (action !== 'hold') {
      flow.heldMs = 0;
      return action;
    }
    if (flow.heldMs >= this.options.maximumMs) {
      return 'play';
    }
    flow.heldMs += FRAME_MS;
    flow.lagMs += FRAME_MS;
    this.counters.heldMs += FRAME_MS;
    return 'hold';
  }

  /** Tells that so much of the segment's sound was taken for `heardMs` of what is heard. */
  played(flow: Flow, takenMs: number, heardMs: number): void {
    flow.playedMs += takenMs;
    flow.lagMs += heardMs - takenMs;
    flow.tempoMs -= Math.abs(heardMs - takenMs);
    this.counters.stretchedMs += Math.max(0, heardMs - takenMs);
    this.counters.shedMs += Math.max(0, takenMs - heardMs);
  }

  #starve(flow: Flow): 'conceal' | 'comfort' {
    flow.starvedMs += FRAME_MS;
    if (!flow.counted && (flow.brokeWord || flow.starvedMs > this.options.maximumMs)) {
      flow.counted = true;
      this.counters.underruns += 1;
    }
    if (flow.brokeWord && flow.starvedMs <= CONCEALED_MS) {
      this.counters.concealedMs += FRAME_MS;
      return 'conceal';
    }
    this.counters.comfortMs += FRAME_MS;
    return 'comfort';
  }

  /** A source ahead: only when it is about to run dry is anything done. */
  #keepUp(flow: Flow, { pauseLeftMs, pauseAheadMs }: QueueView): BufferAction {
    const { levelMs } = flow;
    const { initialMs, maximumMs } = this.options;
    if (levelMs >= initialMs) {
      const { count, quantileMs } = this.#spreads.ahead;
      const sure = levelMs >= maximumMs || (count >= KNOWN_COUNT && quantileMs === 0);
      return sure || pauseAheadMs < levelMs ? 'play' : this.#tempo(flow, 'slow', GENTLY);
    }
    if (pauseLeftMs > 0) {
      // The words behind this pause would break off. A pause alone is played out.
      return levelMs > pauseLeftMs ? 'hold' : 'play';
    }
    return pauseAheadMs < levelMs ? 'play' : this.#stretch(flow);
  }

  /** A paced source is kept at its delay, in pauses if they come, else by tempo; what is missing is waited for in a pause. */
  #keepDelay(flow: Flow, { nowMs, pauseLeftMs, pauseAheadMs }: QueueView): BufferAction {
    const targetMs = this.targetMs('paced');
    flow.lagMs += (flow.lagAt(nowMs) - flow.lagMs) * LAG_SHARE;
    const inPause = pauseLeftMs > 0;
    const overdueMs = flow.overdueAt(nowMs);
    const missingMs = Math.min(this.#spreads.paced.usualMs + MISSING_MS, MISSING_SHARE * targetMs);
    if (overdueMs > missingMs) {
      if (inPause) {
        return flow.levelMs > pauseLeftMs ? 'hold' : 'play';
      }
      return pauseAheadMs < flow.levelMs ? 'play' : this.#stretch(flow);
    }
    if (flow.lagMs < targetMs - SHORT_OF_TARGET_MS) {
      return inPause ? 'hold' : this.#tempo(flow, 'slow', GENTLY);
    }
    const overMs = flow.lagMs - targetMs;
    const shed = overMs > (inPause ? OVER_TARGET_IN_PAUSE_MS : OVER_TARGET_MS);
    if (shed && flow.levelMs > this.options.minimumPlaybackMs) {
      return this.#tempo(
        flow,
        'fast',
        inPause || overMs > this.options.maximumMs ? SHEDDING_FAST : SHEDDING,
      );
    }
    return 'play';
  }

  /** Sound runs out: what is left of it is made to last. */
  #stretch(flow: Flow): BufferAction {
    return this.#tempo(flow, 'slow', flow.levelMs < NEARLY_OUT_MS ? NEARLY_OUT : URGENTLY);
  }

  #tempo(flow: Flow, action: 'slow' | 'fast', share: number): BufferAction {
    flow.tempoMs = Math.min(0, flow.tempoMs + share * FRAME_MS);
    return flow.tempoMs === 0 ? action : 'play';
  }
}
