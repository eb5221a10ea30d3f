import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { CheckpointKeeper } from './checkpoint-keeper.ts';
import type { Checkpoint } from './checkpoint.ts';
import { StaleOwnerError } from './session-client.ts';

const at = (startedAt: string): Checkpoint => ({
  ...{ version: 1, startedAt, turns: [], messages: [], speaking: null },
});

function keeperTo(answers: (() => Promise<void>)[]) {
  const clock = new FakeClock();
  const kept: string[] = [];
  const heard: string[] = [];
  const keeper = new CheckpointKeeper({
    keep: ({ startedAt }) => {
      kept.push(startedAt);
      return (answers.shift() ?? (() => Promise.resolve()))();
    },
    clock,
    onStale: () => heard.push('stale'),
    onTrouble: () => heard.push('trouble'),
  });
  return { clock, kept, heard, keeper };
}

describe('The keeper of checkpoints', () => {
  it('sends one at a time, and of those that come meanwhile the last', async () => {
    let answer: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (answer = resolve));
    const { clock, kept, keeper } = keeperTo([() => first]);
    keeper.changed(() => at('a'));
    await clock.advanceAsync(0, 1);
    keeper.changed(() => at('b'));
    keeper.changed(() => at('c'));
    await clock.advanceAsync(1);
    expect(kept).toEqual(['a']);
    answer();
    await clock.advanceAsync(1);
    expect(kept).toEqual(['a', 'c']);
    await keeper.close();
  });

  it('sends again what did not arrive, as it is by then', async () => {
    const { clock, kept, heard, keeper } = keeperTo([() => Promise.reject(new Error('away'))]);
    let now = 'a';
    keeper.changed(() => at(now));
    await clock.advanceAsync(1);
    now = 'b';
    await clock.advanceAsync(1_000, 100);
    expect(kept).toEqual(['a', 'b']);
    expect(heard).toEqual(['trouble']);
    await keeper.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('stops when another job has the session', async () => {
    const { clock, kept, heard, keeper } = keeperTo([() => Promise.reject(new StaleOwnerError())]);
    keeper.changed(() => at('a'));
    await clock.advanceAsync(1);
    keeper.changed(() => at('b'));
    await clock.advanceAsync(5_000, 500);
    expect(kept).toEqual(['a']);
    expect(heard).toEqual(['stale']);
    await keeper.close();
  });

  it('closed in a wait ends at once', async () => {
    const { clock, heard, keeper } = keeperTo([() => Promise.reject(new Error('away'))]);
    keeper.changed(() => at('a'));
    await clock.advanceAsync(1);
    await keeper.close();
    expect(heard).toEqual(['trouble']);
    expect(clock.pendingTimers).toBe(0);
  });
});
