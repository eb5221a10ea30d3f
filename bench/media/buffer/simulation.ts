/** Sessions of ten minutes on one trace, through our buffer, a fixed one and none. */
import type { BufferOptions } from '#media/playout/buffer-options.ts';
import { PlayoutBuffer, type BufferCounters } from '#media/playout/playout-buffer.ts';
import { answerOf, Chance, leastDelayMs } from './arrivals.ts';
import { DelayTally, playAnswer } from './play-answer.ts';
import type { Trace } from './trace.ts';

export const PLAYERS = ['ours', 'fixed', 'none'] as const;
export type Player = (typeof PLAYERS)[number];

export const SESSION_MS = 600_000;

const OPTIONS: Readonly<Record<Player, Partial<BufferOptions>>> = {
  ours: {},
  fixed: { mode: 'fixed' },
  none: { mode: 'fixed', targetMs: 0, minimumPlaybackMs: 0, initialMs: 0, refillRatio: 0 },
};

export interface PlayerResult {
  underrunsPerTenMinutes: number;
  /** Those in answers that a constant delay of 240 ms would have carried. */
  avoidableUnderruns: number;
  /** Sessions without an underrun, 0..1. */
  cleanShare: number;
  /** How much later speech was heard than if it had been played on arrival and never waited. */
  addedDelayMs: { p50: number; p95: number };
  /** Before the first sound of an answer, on average. */
  startDelayMs: number;
  /** Of what was heard. */
  concealedShare: number;
  stretchedShare: number;
  /** Quiet for want of sound, and pauses held longer. */
  quietShare: number;
}

export interface TraceResult {
  name: string;
  role: Trace['role'];
  sessions: number;
  /** Answers that a constant delay of 240 ms would have carried, 0..1. */
  survivableShare: number;
  players: Record<Player, PlayerResult>;
  /** Where the added delays lie, for a median over traces. */
  tally: Record<Player, DelayTally>;
}

/** Simulates sessions; the same seed gives the same result. */
export function simulate(trace: Trace, sessions: number, seed: number): TraceResult {
  const tally = { ours: new DelayTally(), fixed: new DelayTally(), none: new DelayTally() };
  const sums = { ours: newSum(), fixed: newSum(), none: newSum() };
  let answers = 0;
  let survivable = 0;
  for (let session = 0; session < sessions; session += 1) {
    const chance = new Chance(seed + session * 7_919);
    const voice = new Chance(seed + session * 104_729 + 1);
    const buffers = PLAYERS.map((player) => new PlayoutBuffer(OPTIONS[player]));
    for (let atMs = chance.next() * 10; atMs < SESSION_MS;) {
      const arrivals = answerOf(trace, chance);
      answers += 1;
      const carried = leastDelayMs(arrivals, 240) <= 240;
      survivable += carried ? 1 : 0;
      let longestMs = 0;
      PLAYERS.forEach((player, index) => {
        const sum = sums[player];
        const { counters } = buffers[index]!;
        const before = counters.underruns;
        const played = playAnswer(buffers[index]!, arrivals, atMs, tally[player], voice);
        sum.heardMs += played.heardMs;
        sum.avoidable += carried ? counters.underruns - before : 0;
        longestMs = Math.max(longestMs, played.endMs - atMs);
      });
      atMs += longestMs + chance.within(trace.silenceMs);
    }
    PLAYERS.forEach((player, index) => {
      add(sums[player], buffers[index]!.counters);
    });
  }
  const players = Object.fromEntries(
    PLAYERS.map((player) => [player, toResult(sums[player], sessions, tally[player])]),
  ) as Record<Player, PlayerResult>;
  const survivableShare = survivable / answers;
  return { name: trace.name, role: trace.role, sessions, survivableShare, players, tally };
}

interface Sum extends BufferCounters {
  heardMs: number;
  cleanSessions: number;
  avoidable: number;
}

const newSum = (): Sum => ({
  ...new PlayoutBuffer().counters,
  heardMs: 0,
  cleanSessions: 0,
  avoidable: 0,
});

function add(sum: Sum, counters: BufferCounters): void {
  for (const name of Object.keys(counters) as (keyof BufferCounters)[]) {
    sum[name] += counters[name];
  }
  sum.cleanSessions += counters.underruns === 0 ? 1 : 0;
}

function toResult(sum: Sum, sessions: number, tally: DelayTally): PlayerResult {
  return {
    underrunsPerTenMinutes: sum.underruns / sessions,
    avoidableUnderruns: sum.avoidable / sessions,
    cleanShare: sum.cleanSessions / sessions,
    addedDelayMs: { p50: tally.quantileMs(0.5), p95: tally.quantileMs(0.95) },
    startDelayMs: sum.waitedMs / Math.max(1, sum.starts),
    concealedShare: sum.concealedMs / sum.heardMs,
    stretchedShare: (sum.stretchedMs + sum.shedMs) / sum.heardMs,
    quietShare: (sum.comfortMs + sum.heldMs) / sum.heardMs,
  };
}
