import { expect, test } from 'vitest';
import { Glide, minimumJerk } from './glide.ts';
import { Pulses } from './pulses.ts';
import { Random } from './random.ts';

test('a glide arrives and stays', () => {
  const glide = new Glide(1);
  expect(glide.at(-500)).toBe(1);
  glide.to(3, 1_000, 400);
  expect(glide.at(1_000)).toBeCloseTo(1);
  expect(glide.at(1_200)).toBeCloseTo(2);
  expect(glide.at(1_400)).toBe(3);
  expect(glide.at(9_999)).toBe(3);
});

test('changing the target on the way jumps in neither position nor speed', () => {
  const random = new Random(1);
  const glide = new Glide(0);
  let tMs = 0;
  let before = glide.at(0);
  let speed = 0;
  for (let leg = 0; leg < 50; leg++) {
    glide.to(random.between(-1, 1), tMs, 500);
    for (let i = 0; i < random.between(50, 700); i++) {
      tMs++;
      const now = glide.at(tMs);
      // Units per second and per second squared, for ways of up to 2 units in half a second.
      expect(Math.abs(now - before) * 1_000).toBeLessThan(14);
      expect(Math.abs(now - before - speed) * 1_000_000).toBeLessThan(120);
      speed = now - before;
      before = now;
    }
  }
});

test('pulses go out, come back, add up, and can be taken back before they begin', () => {
  const pulses = new Pulses();
  const shape = { amplitude: 2, riseMs: 100, holdMs: 50, fallMs: 200 };
  pulses.add({ ...shape, atMs: 1_000 });
  pulses.add({ ...shape, atMs: 5_000 });
  expect(pulses.at(1_000)).toBe(0);
  expect(pulses.at(1_120)).toBe(2);
  expect(pulses.at(1_350)).toBeCloseTo(0);
  pulses.cancelFrom(4_000);
  expect(pulses.at(5_120)).toBe(0);
  pulses.forget(2_000);
  expect(pulses.size).toBe(0);
  expect(minimumJerk(-1)).toBe(0);
  expect(minimumJerk(2)).toBe(1);
});
