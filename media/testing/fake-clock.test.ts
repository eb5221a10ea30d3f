import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.ts';

test('time stands still until it is moved', () => {
  const clock = new FakeClock(100);
  expect(clock.nowMs()).toBe(100);
  clock.advance(40);
  expect(clock.nowMs()).toBe(140);
  expect(() => {
    clock.advance(-1);
  }).toThrow(RangeError);
});

test('timers run in the order they fall due and see their own time', () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.after(30, () => seen.push(`late@${String(clock.nowMs())}`));
  clock.after(10, () => {
    seen.push(`early@${String(clock.nowMs())}`);
    clock.after(5, () => seen.push(`chained@${String(clock.nowMs())}`));
  });
  clock.after(30, () => seen.push('late too'));
  clock.advance(29);
  expect(seen).toEqual(['early@10', 'chained@15']);
  clock.advance(1);
  expect(seen).toEqual(['early@10', 'chained@15', 'late@30', 'late too']);
  expect(clock.pendingTimers).toBe(0);
});

test('a cancelled timer never runs, also when an earlier timer cancels it', () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const cancel = clock.after(10, () => seen.push('cancelled'));
  clock.after(10, () => seen.push('kept'));
  clock.after(5, cancel);
  clock.advance(100);
  expect(seen).toEqual(['kept']);
});

test('code that awaits between two timers keeps up', async () => {
  const clock = new FakeClock();
  const wakes: number[] = [];
  const sleeper = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve) => {
        clock.after(20, resolve);
      });
      wakes.push(clock.nowMs());
    }
  };
  const done = sleeper();
  await clock.advanceAsync(100, 20);
  await done;
  expect(wakes).toEqual([20, 40, 60]);
});
