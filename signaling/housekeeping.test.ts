import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Housekeeping } from './housekeeping.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('does each chore at once and at its time, also one that fails, until it is closed', async () => {
  const troubles: string[] = [];
  let good = 0;
  const keeping = new Housekeeping(
    [
      { name: 'good', everyMs: 100, act: () => Promise.resolve((good += 1)) },
      { name: 'bad', everyMs: 1_000, act: () => Promise.reject(new Error('no')) },
    ],
    (name) => troubles.push(name),
  );
  keeping.start();
  await vi.advanceTimersByTimeAsync(0);
  expect([good, troubles.length]).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect([good, troubles.length]).toEqual([11, 2]);
  await keeping.close();
  await vi.advanceTimersByTimeAsync(10_000);
  expect([good, troubles]).toEqual([11, ['bad', 'bad']]);
});
