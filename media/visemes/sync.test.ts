import { expect, test } from 'vitest';
import { NEUTRAL_MOUTH } from '#media/face/pose.ts';
import { marksFrom } from '#media/testing/sentences.ts';
import { mouth, VISEME_SHAPES } from './shapes.ts';
import { closuresSeen, closureTimes, lipOpening, lipsShut, nearestViseme } from './sync.ts';
import { VISEMES } from './viseme.ts';

test('every shape is nearest to itself; only rest and PP have shut lips', () => {
  for (const viseme of VISEMES) {
    const shape = VISEME_SHAPES[viseme];
    expect(nearestViseme(shape)).toBe(viseme);
    expect(lipsShut(shape), viseme).toBe(viseme === 'sil' || viseme === 'PP');
  }
});

test('lips that are held together show no gap whatever the jaw does', () => {
  expect(lipOpening(mouth({ jawOpen: 0.5, mouthClose: 1 }))).toBe(0);
  expect(lipOpening(mouth({ jawOpen: 0.5 }))).toBeCloseTo(0.5);
  expect(lipOpening(NEUTRAL_MOUTH)).toBe(0);
});

test('closures are seen a little before they are heard, for longer than a picture lasts', () => {
  const times = closureTimes(
    marksFrom('pau:100 p:190 aa:300 m:320 aa:400 v:480 k:560 b:800 pau:900'),
  );
  expect(times.map(({ phoneme }) => phoneme)).toEqual(['p', 'm', 'v', 'b']);
  for (const { seenFromMs, seenToMs, heardToMs } of times) {
    expect(seenToMs - seenFromMs).toBeGreaterThan(40);
    expect(seenToMs).toBeLessThan(heardToMs);
    expect(heardToMs - seenToMs).toBeGreaterThanOrEqual(25);
  }
  // A long stop is shut for its last 120 ms only.
  const last = times.at(-1);
  expect((last?.seenToMs ?? 0) - (last?.seenFromMs ?? 0)).toBeCloseTo(120);
});

test('a film without closures, or without pictures, misses them all', () => {
  const marks = marksFrom('pau:100 p:190 aa:300 v:400');
  expect(closuresSeen(marks, []).seen).toBe(0);
  const open = [150, 160, 320, 330].map((tMs) => ({ tMs, mouth: VISEME_SHAPES.aa }));
  expect(closuresSeen(marks, open)).toMatchObject({ total: 2, seen: 0 });
});
