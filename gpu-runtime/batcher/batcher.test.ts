import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../errors.ts';
import type { Scheduling } from '../ports.ts';
import { Batcher } from './batcher.ts';

const live: Scheduling = { priority: 0, timeoutMs: 1_000, session: 'lesson_1', batchKey: '' };

interface Run {
  key: string;
  jobs: readonly string[];
  finish: (results?: readonly (string | RuntimeError)[]) => void;
  fail: (error: Error) => void;
}

/** A device that finishes a run when the test says so. */
function scene(
  options: { instances?: number; attempts?: number; soon?: (task: () => void) => void } = {},
) {
  const clock = new FakeClock();
  const runs: Run[] = [];
  const batcher = new Batcher<string, string>({
    clock,
    instances: options.instances ?? 1,
    soon: options.soon,
    ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
    maxQueued: { 0: 10, 1: 10 },
    run: (key, jobs) =>
      new Promise((resolve, reject) => {
        runs.push({
          key,
          jobs,
          finish: (results = jobs.map((job) => `${job}!`)) => {
            resolve(results);
          },
          fail: reject,
        });
      }),
  });
  const submit = (
    job: string,
    more: { key?: string; signal?: AbortSignal } & Partial<Scheduling> = {},
  ): Promise<string> => {
    const { key = 'k', signal, ...scheduling } = more;
    const answer = batcher.submit({
      job,
      key,
      rows: 1,
      scheduling: { ...live, ...scheduling },
      ...(signal === undefined ? {} : { signal }),
    });
    answer.catch(() => undefined);
    return answer;
  };
  const settle = (): Promise<void> => clock.advanceAsync(0);
  return { clock, runs, batcher, submit, settle };
}

describe('the batcher', () => {
  it('lets requests that came together run together where it is told when all have been read', async () => {
    const later: (() => void)[] = [];
    const read = (): void => {
      later.splice(0).forEach((task) => {
        task();
      });
    };
    const { runs, batcher, submit, settle } = scene({ soon: (task) => later.push(task) });
    const answers = ['a', 'b', 'c'].map((job) => submit(job));
    expect([runs.length, later.length]).toEqual([0, 1]);
    read();
    expect(runs.map(({ jobs }) => jobs)).toEqual([['a', 'b', 'c']]);
    const next = submit('d');
    runs[0]!.finish();
    await settle();
    read();
    expect(await Promise.all(answers)).toEqual(['a!', 'b!', 'c!']);
    expect(runs[1]!.jobs).toEqual(['d']);
    runs[1]!.finish();
    expect(await next).toBe('d!');
    await batcher.close();
    read();
  });

  it('runs the first alone, and what came meanwhile together', async () => {
    const { runs, submit, settle } = scene();
    const first = submit('a');
    const second = submit('b');
    const third = submit('c');
    expect(runs.map(({ jobs }) => jobs)).toEqual([['a']]);
    runs[0]!.finish();
    await settle();
    expect(runs[1]!.jobs).toEqual(['b', 'c']);
    runs[1]!.finish();
    await expect(Promise.all([first, second, third])).resolves.toEqual(['a!', 'b!', 'c!']);
  });

  it('lets one bad request fail alone', async () => {
    const { runs, submit, settle } = scene();
    submit('warm');
    const good = submit('good');
    const bad = submit('bad');
    runs[0]!.finish();
    await settle();
    runs[1]!.fail(new Error('cannot'));
    await settle();
    runs[2]!.finish();
    await settle();
    runs[3]!.fail(new Error('“bad” cannot be run'));
    await expect(good).resolves.toBe('good!');
    await expect(bad).rejects.toMatchObject({ code: 'MODEL_FAILED' });
  });

  it('frees a queued request at once and the result of a running one', async () => {
    const { batcher, runs, submit } = scene();
    const running = new AbortController();
    const queued = new AbortController();
    const one = submit('one', { signal: running.signal });
    const two = submit('two', { signal: queued.signal });
    queued.abort();
    expect(batcher.queued).toBe(0);
    await expect(two).rejects.toMatchObject({ code: 'CANCELLED' });
    running.abort();
    await expect(one).rejects.toMatchObject({ code: 'CANCELLED' });
    runs[0]!.finish();
    await batcher.close();
    expect(batcher.counters).toMatchObject({ cancelled: 2, runs: 1 });
  });

  it('tells a request that it is too late when it is, not when the device frees', async () => {
    const { clock, submit } = scene();
    submit('long');
    const late = submit('late', { timeoutMs: 40 });
    await clock.advanceAsync(40);
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('refuses what does not fit, with the time to come back', async () => {
    const { submit } = scene();
    for (let index = 0; index < 11; index += 1) {
      void submit('x');
    }
    const refused = submit('too many');
    await expect(refused).rejects.toMatchObject({ code: 'OVERLOADED' });
    await expect(refused).rejects.toHaveProperty('retryAfterMs');
  });

  it('tries background work again and then lays it aside; conversation is not tried again', async () => {
    const { batcher, runs, submit, settle } = scene({ attempts: 3 });
    const baking = submit('bake', { priority: 1, timeoutMs: 60_000 });
    for (let attempt = 0; attempt < 3; attempt += 1) {
      runs[attempt]!.fail(new Error('no luck'));
      await settle();
    }
    await expect(baking).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    expect(batcher.deadLetters).toMatchObject([{ session: 'lesson_1', attempts: 3 }]);

    const talking = submit('talk');
    runs[3]!.fail(new Error('no luck'));
    await expect(talking).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    expect(runs).toHaveLength(4);
  });

  it('gathers on a device that is partly busy, and leaves no timer behind', async () => {
    const { clock, batcher, runs, submit, settle } = scene({ instances: 2 });
    submit('a');
    submit('b');
    await clock.advanceAsync(20);
    submit('c');
    expect(runs).toHaveLength(1);
    await clock.advanceAsync(10);
    expect(runs[1]!.jobs).toEqual(['b', 'c']);
    runs[0]!.finish();
    runs[1]!.finish();
    await settle();
    await batcher.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('on closing refuses what waits and lets what runs end', async () => {
    const { batcher, runs, submit } = scene();
    const running = submit('running');
    const waiting = submit('waiting');
    const closing = batcher.close();
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    runs[0]!.finish();
    await closing;
    await expect(running).resolves.toBe('running!');
    await expect(submit('late')).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
