/** Who spoke for how long and how fast, from the times of turns. */
import type { Report } from '#agents/dispatch/report.ts';
import { wordsOf } from '#agents/persona/words.ts';

export interface TimedTurn {
  speaker: 'learner' | 'avatar';
  startMs: number;
  endMs: number;
  text: string;
  typed: boolean;
  interrupted: boolean;
}

/** Less speech than this says nothing about pace. */
const MIN_SPOKEN_MS = 3_000;
const MINUTE_MS = 60_000;

const lengthMs = (turn: TimedTurn): number => Math.max(0, turn.endMs - turn.startMs);
const spokenByLearner = (turns: readonly TimedTurn[]): TimedTurn[] =>
  turns.filter((turn) => turn.speaker === 'learner' && !turn.typed);
const sumMs = (turns: readonly TimedTurn[]): number =>
  turns.reduce((total, turn) => total + lengthMs(turn), 0);

/** Sound only: typed turns take no time, and a learner who only typed has no share of the talk. */
export function talkShare(turns: readonly TimedTurn[]): Report['talk'] {
  const learnerMs = sumMs(spokenByLearner(turns));
  const avatarMs = sumMs(turns.filter((turn) => turn.speaker === 'avatar'));
  const onlyTyped =
    learnerMs === 0 && turns.some((turn) => turn.speaker === 'learner' && turn.typed);
  const total = learnerMs + avatarMs;
  return {
    learnerMs,
    avatarMs,
    learnerShare: total === 0 || onlyTyped ? null : learnerMs / total,
  };
}

const perMinute = (count: number, spokenMs: number): number =>
  Math.round((count * MINUTE_MS) / spokenMs);

/** Words per minute of the learner's own speech, in all and for each minute of the call with enough speech in it. */
export function pace(turns: readonly TimedTurn[], language: string): Report['pace'] {
  const spoken = spokenByLearner(turns).filter((turn) => lengthMs(turn) > 0);
  const counted = spoken.map((turn) => ({ turn, words: wordsOf(turn.text, language).length }));
  const spokenMs = sumMs(spoken);
  const words = counted.reduce((total, item) => total + item.words, 0);
  const lastMs = Math.max(0, ...spoken.map((turn) => turn.endMs));
  const series: Report['pace']['series'] = [];
  for (let fromMs = 0; fromMs < lastMs; fromMs += MINUTE_MS) {
    let minuteWords = 0;
    let minuteMs = 0;
    for (const { turn, words: turnWords } of counted) {
      const sharedMs = Math.min(turn.endMs, fromMs + MINUTE_MS) - Math.max(turn.startMs, fromMs);
      if (sharedMs <= 0) continue;
      minuteMs += sharedMs;
      minuteWords += (turnWords * sharedMs) / lengthMs(turn);
    }
    if (minuteMs >= MIN_SPOKEN_MS) {
      series.push({ atMs: fromMs, wordsPerMinute: perMinute(minuteWords, minuteMs) });
    }
  }
  return { wordsPerMinute: spokenMs >= MIN_SPOKEN_MS ? perMinute(words, spokenMs) : null, series };
}

/** From the end of an avatar turn to the start of the learner's next spoken one; over-talk and typing do not count. */
export function responseTimes(turns: readonly TimedTurn[]): Report['responseTimes'] {
  const valuesMs: number[] = [];
  turns.forEach((turn, index) => {
    const before = turns[index - 1];
    if (turn.speaker !== 'learner' || turn.typed || before?.speaker !== 'avatar') return;
    if (before.interrupted || turn.startMs < before.endMs) return;
    valuesMs.push(Math.round(turn.startMs - before.endMs));
  });
  return { medianMs: median(valuesMs), valuesMs };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : Math.round((sorted[middle - 1]! + sorted[middle]!) / 2);
}
