/** From a trace, the arrivals of one answer: numbers only. Moments and positions in ms. */
import type { Trace } from './trace.ts';

/** Uniform numbers in [0, 1) from a seed (Marsaglia's xorshift32). */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x9e37_79b9) ^ 0x5bd1_e995) | 1;
    for (let turn = 0; turn < 8; turn += 1) {
      this.next();
    }
  }

  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) / 0x1_0000_0000;
  }

  within([from, to]: readonly [number, number]): number {
    return from + (to - from) * this.next();
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }
}

export interface Arrivals {
  /** Moment, length of sound, and the moment at which a perfect source would have had it heard, of each arrival. */
  atMs: number[];
  lengthMs: number[];
  dueMs: number[];
  /** Pauses in the sound that arrives: from, to, from, to … */
  pauses: number[];
  /** The source says that the answer is over. */
  endMs: number;
}

/** Words between pauses; the pause is that of a comma or of a sentence. */
const CLAUSE_MS = [800, 2_600] as const;
const PAUSES_MS = [150, 300] as const;

interface Clause {
  wordsMs: number;
  pauseMs: number;
}

export function answerOf(trace: Trace, chance: Chance): Arrivals {
  const clauses: Clause[] = [];
  let leftMs = chance.within(trace.answerMs);
  while (leftMs > 0) {
    const wordsMs = Math.round(Math.min(chance.within(CLAUSE_MS), Math.max(leftMs, 400)));
    const pauseMs = PAUSES_MS[chance.next() < 0.6 ? 0 : 1];
    clauses.push({ wordsMs, pauseMs });
    leftMs -= wordsMs + pauseMs;
  }
  const arrivals =
    trace.source.kind === 'stream'
      ? streamed(trace.source, clauses, chance)
      : spoken(trace.source, clauses, chance);
  for (const stall of trace.stalls) {
    hold(arrivals, stall, chance);
  }
  for (const death of trace.deaths) {
    breakOff(arrivals, death, chance);
  }
  return arrivals;
}

function pausesOf(clauses: readonly Clause[]): number[] {
  let at = 0;
  return clauses.flatMap(({ wordsMs, pauseMs }) => {
    const from = at + wordsMs;
    at = from + pauseMs;
    return [from, at];
  });
}

function streamed(
  source: Extract<Trace['source'], { kind: 'stream' }>,
  clauses: readonly Clause[],
  chance: Chance,
): Arrivals {
  const pauses = pausesOf(clauses);
  const wholeMs = pauses.at(-1)!;
  const made: Arrivals = { atMs: [], lengthMs: [], dueMs: [], pauses, endMs: 0 };
  const pace = 1 + source.driftPpm * 1e-6;
  let lostMs = 0;
  let lastMs = 0;
  for (let at = 0; at < wholeMs; at += source.chunkMs) {
    if (source.lostShare > 0 && at > 0 && chance.next() < source.lostShare) {
      for (let edge = 0; edge < pauses.length; edge += 1) {
        pauses[edge]! -= pauses[edge]! > at - lostMs ? source.chunkMs : 0;
      }
      lostMs += source.chunkMs;
      continue;
    }
    let delayMs = source.jitterMs > 0 ? chance.exponential(source.jitterMs) : 0;
    if (source.retransmittedShare > 0 && chance.next() < source.retransmittedShare) {
      delayMs += chance.within(source.retransmissionMs);
    }
    lastMs = Math.max(lastMs, at * pace + delayMs);
    made.atMs.push(lastMs);
    made.lengthMs.push(source.chunkMs);
    made.dueMs.push(at * pace);
  }
  made.endMs = lastMs;
  return made;
}

function spoken(
  source: Extract<Trace['source'], { kind: 'engine' }>,
  clauses: readonly Clause[],
  chance: Chance,
): Arrivals {
  const pauses = pausesOf(clauses);
  const pieces = source.pieceMs === 'clause' ? clausePieces(clauses) : [];
  if (source.pieceMs !== 'clause') {
    for (let leftMs = pauses.at(-1)!; leftMs > 0;) {
      const first = pieces.length === 0 ? source.firstPieceMs : undefined;
      const pieceMs = Math.min(leftMs, Math.round(chance.within(first ?? source.pieceMs)));
      pieces.push(pieceMs);
      leftMs -= pieceMs;
    }
  }
  let atMs = 0;
  let position = 0;
  const made: Arrivals = { atMs: [], lengthMs: [], dueMs: [], pauses, endMs: 0 };
  pieces.forEach((pieceMs, index) => {
    if (index > 0) {
      atMs += chance.within(source.overheadMs) + pieceMs * chance.within(source.realTimeFactor);
      atMs += index === 1 ? chance.within(source.secondLateMs) : 0;
    }
    made.atMs.push(atMs);
    made.lengthMs.push(pieceMs);
    made.dueMs.push(position);
    position += pieceMs;
  });
  made.endMs = atMs;
  return made;
}

const clausePieces = (clauses: readonly Clause[]): number[] =>
  clauses.map(({ wordsMs, pauseMs }) => wordsMs + pauseMs);

type Breaks = Trace['stalls'][number];

/** Nothing arrives during a stall; what was due in it comes at its end. */
function hold(arrivals: Arrivals, stall: Breaks, chance: Chance): void {
  const { atMs } = arrivals;
  let fromMs = chance.exponential(stall.everySpeechMs);
  let index = 0;
  while (fromMs < arrivals.endMs) {
    const toMs = fromMs + chance.within(stall.ms);
    while (index < atMs.length && atMs[index]! < fromMs) {
      index += 1;
    }
    for (let late = index; late < atMs.length && atMs[late]! < toMs; late += 1) {
      atMs[late] = toMs;
    }
    arrivals.endMs = Math.max(arrivals.endMs, atMs.at(-1)!);
    fromMs = toMs + chance.exponential(stall.everySpeechMs);
  }
}

/** The source stops, and goes on later where it stopped. */
function breakOff(arrivals: Arrivals, death: Breaks, chance: Chance): void {
  const { atMs } = arrivals;
  let deadFromMs = chance.exponential(death.everySpeechMs);
  while (deadFromMs < arrivals.endMs) {
    const deadMs = chance.within(death.ms);
    for (let index = 0; index < atMs.length; index += 1) {
      atMs[index]! += atMs[index]! >= deadFromMs ? deadMs : 0;
    }
    arrivals.endMs += deadMs;
    deadFromMs += deadMs + chance.exponential(death.everySpeechMs);
  }
}

/**
 * The least constant delay after the first arrival with which this answer is heard without a gap in a word: what a buffer
 * that knew the future would choose. `bridgedMs`: so much longer may a pause last.
 */
export function leastDelayMs(arrivals: Arrivals, bridgedMs: number): number {
  let leastMs = 0;
  let position = 0;
  let pause = 0;
  for (let index = 0; index < arrivals.atMs.length; index += 1) {
    while (pause < arrivals.pauses.length && arrivals.pauses[pause + 1]! < position) {
      pause += 2;
    }
    const inPause = pause < arrivals.pauses.length && position > arrivals.pauses[pause]!;
    const lateMs = arrivals.atMs[index]! - arrivals.atMs[0]! - position;
    leastMs = Math.max(leastMs, lateMs - (inPause ? bridgedMs : 0));
    position += arrivals.lengthMs[index]!;
  }
  return leastMs;
}
