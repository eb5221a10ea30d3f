import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { momentsOf, offer, randomOf } from './arrivals.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('people come at the rate that is asked for, each for themselves, the same for the same seed', () => {
  const wanted = { ratePerSecond: 200, count: 20_000, seed: 3 };
  const moments = momentsOf(wanted);
  expect(moments.at(-1)! / 1_000).toBeCloseTo(100, -1);
  const gaps = moments.slice(1).map((atMs, index) => atMs - moments[index]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  // Of random gaps the deviation is the mean; of even ones it is 0.
  expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
  expect(momentsOf(wanted)).toEqual(moments);
  expect(momentsOf({ ...wanted, seed: 4 })).not.toEqual(moments);
});

it('random numbers fill the whole interval', () => {
  const random = randomOf(1);
  const values = Array.from({ length: 10_000 }, random);
  expect(Math.min(...values)).toBeLessThan(0.01);
  expect(Math.max(...values)).toBeGreaterThan(0.99);
  expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
});

it('a server that stands still for a second is seen by all who came meanwhile', async () => {
  // One every 10 ms, for two seconds; all that is sent in the first second is answered at its end.
  const moments = Array.from({ length: 200 }, (_unused, index) => index * 10);
  const startedMs = performance.now();
  const offering = offer(moments, async () => {
    const waitMs = startedMs + 1_000 - performance.now();
    if (waitMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  });
  await vi.advanceTimersByTimeAsync(3_000);
  const { latenciesMs, errors } = await offering;
  expect(errors).toEqual({});
  expect(latenciesMs).toHaveLength(200);
  // A generator that waits would have seen one slow answer.
  expect(latenciesMs.filter((ms) => ms > 100)).toHaveLength(90);
  expect(Math.max(...latenciesMs)).toBeCloseTo(1_000, -1);
});

it('what goes wrong is counted by its kind and has no latency', async () => {
  const offering = offer([0, 1, 2], (index) =>
    index === 1 ? Promise.reject(new Error('503 SESSIONS_FULL')) : Promise.resolve(),
  );
  await vi.advanceTimersByTimeAsync(10);
  const { latenciesMs, errors } = await offering;
  expect(latenciesMs).toHaveLength(2);
  expect(errors).toEqual({ '503 SESSIONS_FULL': 1 });
});
