import { expect, test } from 'vitest';
import type { Attention } from './attention.ts';
import { Performer } from './performer.ts';

const FRAME_MS = 40;

/** Eyes of a performer that stays in one attention, picture by picture. */
function lids(attention: Attention, minutes: number, seed: number): number[] {
  const performer = new Performer({ seed });
  performer.setAttention(attention, 0);
  return Array.from(
    { length: (minutes * 60_000) / FRAME_MS },
    (_, i) => performer.poseAt(i * FRAME_MS).blink,
  );
}

/** Runs of pictures with the lids anything but open. */
function blinks(frames: readonly number[]): { at: number; frames: number[] }[] {
  const found: { at: number; frames: number[] }[] = [];
  let run: { at: number; frames: number[] } | null = null;
  frames.forEach((value, at) => {
    if (value > 0.02) {
      run ??= { at, frames: [] };
      run.frames.push(value);
    } else if (run !== null) {
      found.push(run);
      run = null;
    }
  });
  return found;
}

test.each(['idle', 'listening', 'speaking'] as const)(
  'over an hour of %s people’s rate is kept: 13 to 21 blinks a minute, in uneven gaps',
  (attention) => {
    const found = blinks(lids(attention, 60, 7));
    const perMinute = found.length / 60;
    expect(perMinute).toBeGreaterThan(13);
    expect(perMinute).toBeLessThan(21);
    const gapsS = found
      .slice(1)
      .map((blink, i) => ((blink.at - found[i]!.at) * FRAME_MS) / 1_000)
      .sort((a, b) => a - b);
    const mean = gapsS.reduce((sum, gap) => sum + gap, 0) / gapsS.length;
    const median = gapsS[Math.floor(gapsS.length / 2)]!;
    // Log-normal gaps lean to the right and spread widely.
    expect(median).toBeLessThan(0.95 * mean);
    expect(gapsS[Math.floor(gapsS.length * 0.95)]).toBeGreaterThan(1.8 * median);
    // Nobody stares for half a minute.
    expect(gapsS.at(-1)).toBeLessThan(30);
    // Some come twice.
    const doubles = gapsS.filter((gap) => gap < 0.6).length / gapsS.length;
    expect(doubles).toBeGreaterThan(0.02);
    expect(doubles).toBeLessThan(0.15);
  },
);

test('thinking blinks less often and more slowly', () => {
  const thinking = blinks(lids('thinking', 60, 3));
  const listening = blinks(lids('listening', 60, 3));
  const length = (found: typeof thinking): number =>
    found.reduce((sum, blink) => sum + blink.frames.length, 0) / found.length;
  expect(thinking.length).toBeLessThan(listening.length);
  expect(length(thinking)).toBeGreaterThan(length(listening));
});

test('every blink is seen shut, and no eye stands half closed for more than two pictures', () => {
  let longestHalf = 0;
  for (const blink of blinks(lids('idle', 60, 21))) {
    expect(Math.max(...blink.frames)).toBeGreaterThan(0.85);
    let half = 0;
    for (const value of blink.frames) {
      half = value > 0.2 && value < 0.8 ? half + 1 : 0;
      longestHalf = Math.max(longestHalf, half);
    }
  }
  expect(longestHalf).toBeLessThanOrEqual(2);
});

test('a blink lasts 150 to 250 ms and closes faster than it opens', () => {
  const performer = new Performer({ seed: 4 });
  const fine = Array.from({ length: 400_000 }, (_, tMs) => performer.poseAt(tMs).blink);
  let count = 0;
  for (let tMs = 1; tMs < fine.length; tMs++) {
    if (!(fine[tMs]! > 0 && fine[tMs - 1] === 0)) {
      continue;
    }
    const first = tMs;
    let shutFrom = -1;
    let shutTo = -1;
    while (tMs < fine.length && fine[tMs]! > 0) {
      if (fine[tMs]! > 0.999) {
        shutFrom = shutFrom === -1 ? tMs : shutFrom;
        shutTo = tMs;
      }
      tMs++;
    }
    expect(tMs - first).toBeGreaterThanOrEqual(145);
    expect(tMs - first).toBeLessThanOrEqual(250);
    expect(shutFrom - first).toBeLessThan(tMs - shutTo);
    count++;
  }
  expect(count).toBeGreaterThan(70);
});
