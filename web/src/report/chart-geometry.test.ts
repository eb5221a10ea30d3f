import { describe, expect, it } from 'vitest';
import type { Report } from '#signaling/api-types.ts';
import {
  dotPile,
  evidenceMarks,
  pacePlot,
  pauseScaleMs,
  timeTicks,
  turnSpan,
} from './chart-geometry.ts';

const turn = (startMs: number, endMs: number): Report['transcript'][number] => ({
  index: 0,
  speaker: 'learner',
  startMs,
  endMs,
  text: '',
  typed: false,
  interrupted: false,
  fillers: [],
});

const criterion = (id: string, ...atMs: number[]): Report['criteria'][number] => ({
  id,
  title: id,
  level: 2,
  weight: 1,
  advice: '',
  evidence: atMs.map((at) => ({
    turnIndex: 1,
    atMs: at,
    quote: '',
    note: '',
    polarity: 'for' as const,
  })),
});

describe('timeTicks', () => {
  it('counts in steps people use, and few of them', () => {
    expect(timeTicks(522_000)).toEqual([0, 120_000, 240_000, 360_000, 480_000]);
    expect(timeTicks(40_000)).toEqual([0, 15_000, 30_000]);
    expect(timeTicks(0)).toEqual([0]);
    for (const minutes of [1, 3, 7, 12, 25, 59, 61]) {
      expect(timeTicks(minutes * 60_000).length).toBeLessThanOrEqual(7);
    }
  });
});

describe('turnSpan', () => {
  it('maps time to width', () => {
    expect(turnSpan(turn(25_000, 50_000), 100_000, 48, 1_000)).toEqual({ x: 298, width: 250 });
  });

  it('keeps a typed turn visible and inside', () => {
    expect(turnSpan(turn(100_000, 100_000), 100_000, 48, 1_000)).toEqual({ x: 1_045, width: 3 });
    expect(turnSpan(turn(90_000, 130_000), 100_000, 0, 1_000)).toEqual({ x: 900, width: 100 });
  });
});

describe('evidenceMarks', () => {
  it('numbers by criterion, in time order, and moves crowded ones down', () => {
    const marks = evidenceMarks(
      [criterion('a', 50_000), criterion('b', 10_000, 51_000)],
      100_000,
      0,
      1_000,
      24,
    );
    expect(marks.map(({ number, x, row }) => [number, x, row])).toEqual([
      [2, 100, 0],
      [1, 500, 0],
      [2, 510, 1],
    ]);
  });

  it('never lets two marks of a row touch', () => {
    const crowd = [criterion('a', ...Array.from({ length: 20 }, (_, n) => n * 700))];
    const marks = evidenceMarks(crowd, 100_000, 0, 1_000, 24);
    for (const row of new Set(marks.map((mark) => mark.row))) {
      const xs = marks.filter((mark) => mark.row === row).map((mark) => mark.x);
      for (let n = 1; n < xs.length; n += 1) expect(xs[n]! - xs[n - 1]!).toBeGreaterThanOrEqual(24);
    }
  });
});

describe('pacePlot', () => {
  const box = { left: 28, width: 320, top: 10, height: 100 };

  it('keeps all points and the easy band inside the box', () => {
    const plot = pacePlot(
      [
        { atMs: 0, wordsPerMinute: 60 },
        { atMs: 60_000, wordsPerMinute: 210 },
      ],
      60_000,
      box,
    );
    expect(plot.points.map(({ x, y }) => [x, y])).toEqual([
      [28, 110],
      [348, 10],
    ]);
    expect(plot.peak).toBe(1);
    expect(plot.bandTop).toBeGreaterThan(10);
    expect(plot.bandBottom).toBeLessThan(110);
  });

  it('draws the band even without points', () => {
    const plot = pacePlot([], 0, box);
    expect(plot.points).toEqual([]);
    expect(plot.bandTop).toBeLessThan(plot.bandBottom);
  });
});

describe('dotPile', () => {
  it('piles up dots that would touch and starts anew where there is room', () => {
    expect(dotPile([1_000, 1_010, 3_000], 4_000, 400, 14)).toEqual([
      { x: 100, level: 0 },
      { x: 101, level: 1 },
      { x: 300, level: 0 },
    ]);
  });

  it('keeps outliers at the end of the scale', () => {
    expect(pauseScaleMs([500, 60_000])).toBe(10_000);
    expect(pauseScaleMs([500])).toBe(4_000);
    expect(pauseScaleMs([5_200])).toBe(6_000);
    expect(dotPile([60_000], 10_000, 400, 14)).toEqual([{ x: 400, level: 0 }]);
  });
});
