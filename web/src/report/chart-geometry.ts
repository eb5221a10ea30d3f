/** Where the marks of the report's charts stand. Pure: numbers in, coordinates out. */
import type { Report } from '#signaling/api-types.ts';

type Turn = Report['transcript'][number];
type Criterion = Report['criteria'][number];
export type { Criterion as CriterionResult, Turn as TranscriptTurn };

const round = (value: number) => Math.round(value * 10) / 10;

/** Steps that people count in. */
const TICK_STEPS_MS = [15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000];

/** Times for an axis of `durationMs`, from zero, at most seven of them. */
export function timeTicks(durationMs: number): number[] {
  const step = TICK_STEPS_MS.find((one) => durationMs / one <= 6.5) ?? 3_600_000;
  const ticks: number[] = [];
  for (let ms = 0; ms <= durationMs; ms += step) ticks.push(ms);
  return ticks;
}

export interface Span {
  x: number;
  width: number;
}

/** The ribbon's bar for a turn; never thinner than 3 units, never outside the ribbon. */
export function turnSpan(turn: Turn, durationMs: number, left: number, width: number): Span {
  const at = (ms: number) => left + (Math.min(Math.max(ms, 0), durationMs) / durationMs) * width;
  const start = at(turn.startMs);
  const span = Math.max(3, at(turn.endMs) - start);
  return { x: round(Math.min(start, left + width - span)), width: round(span) };
}

export interface EvidenceMark {
  /** Number of the criterion, from 1. */
  number: number;
  title: string;
  turnIndex: number;
  atMs: number;
  x: number;
  /** 0 for the upper row of marks; crowded ones go to the next. */
  row: number;
}

/** Marks under the ribbon, none covering another: those nearer than `apart` to one in the row go a row down. */
export function evidenceMarks(
  criteria: readonly Criterion[],
  durationMs: number,
  left: number,
  width: number,
  apart: number,
): EvidenceMark[] {
  const marks = criteria
    .flatMap((criterion, index) =>
      criterion.evidence.map((evidence) => ({
        number: index + 1,
        title: criterion.title,
        turnIndex: evidence.turnIndex,
        atMs: evidence.atMs,
        x: round(left + (Math.min(evidence.atMs, durationMs) / Math.max(1, durationMs)) * width),
      })),
    )
    .sort((a, b) => a.x - b.x);
  const lastInRow: number[] = [];
  return marks.map((mark) => {
    let row = lastInRow.findIndex((x) => mark.x - x >= apart);
    if (row < 0) row = lastInRow.length;
    lastInRow[row] = mark.x;
    return { ...mark, row };
  });
}

export interface PacePlot {
  points: { x: number; y: number; wordsPerMinute: number }[];
  /** Index of the highest point. */
  peak: number;
  bandTop: number;
  bandBottom: number;
}

/** An easy pace for listeners, words a minute. */
export const EASY_PACE = { from: 110, to: 160 } as const;

/** Pace over time; the scale always holds the easy band with some air around. */
export function pacePlot(
  series: Report['pace']['series'],
  durationMs: number,
  box: { left: number; width: number; top: number; height: number },
): PacePlot {
  const values = series.map((point) => point.wordsPerMinute);
  const low = Math.min(EASY_PACE.from - 20, ...values);
  const high = Math.max(EASY_PACE.to + 20, ...values);
  const y = (value: number) => round(box.top + ((high - value) / (high - low)) * box.height);
  const x = (ms: number) =>
    round(box.left + (Math.min(ms, durationMs) / Math.max(1, durationMs)) * box.width);
  return {
    points: series.map(({ atMs, wordsPerMinute }) => ({
      x: x(atMs),
      y: y(wordsPerMinute),
      wordsPerMinute,
    })),
    peak: values.indexOf(Math.max(...values)),
    bandTop: y(EASY_PACE.to),
    bandBottom: y(EASY_PACE.from),
  };
}

export interface Dot {
  x: number;
  /** 0 stands on the axis, 1 on top of it, and so on. */
  level: number;
}

/** The scale of the answers' pauses: whole seconds, at least four, at most ten. Longer ones stand at its end. */
export function pauseScaleMs(valuesMs: readonly number[]): number {
  return Math.min(10_000, Math.max(4_000, Math.ceil(Math.max(0, ...valuesMs) / 1_000) * 1_000));
}

/** One dot per value, piled up where they would touch. */
export function dotPile(
  valuesMs: readonly number[],
  scaleMs: number,
  width: number,
  dotWidth: number,
): Dot[] {
  const lastOnLevel: number[] = [];
  return [...valuesMs]
    .sort((a, b) => a - b)
    .map((value) => {
      const x = round((Math.min(Math.max(value, 0), scaleMs) / scaleMs) * width);
      let level = lastOnLevel.findIndex((last) => x - last >= dotWidth);
      if (level < 0) level = lastOnLevel.length;
      lastOnLevel[level] = x;
      return { x, level };
    });
}
