import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { InstancePool, type Instance } from './instance-pool.ts';

class FakeInstance implements Instance {
  readonly provider = 'fake';
  readonly ended: Promise<void>;
  alive = true;
  runs = 0;
  #markEnded: () => void = () => undefined;
  #pending: { resolve: (outputs: Tensor[]) => void; reject: (error: Error) => void } | undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#markEnded = resolve;
    });
  }

  run(): Promise<Tensor[]> {
    this.runs += 1;
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
    });
  }

  answer(): void {
    this.#pending?.resolve([]);
  }

  die(): void {
    this.alive = false;
    this.#pending?.reject(new RuntimeError('MODEL_FAILED', { detail: 'It has died.' }));
    this.#markEnded();
  }

  close(): Promise<void> {
    this.die();
    return Promise.resolve();
  }
}

async function scene({ count = 1, maxRunMs = 1_000, start = () => new FakeInstance() } = {}) {
  const instances: FakeInstance[] = [];
  const clock = new FakeClock();
  const pool = await InstancePool.open({
    count,
    clock,
    maxRunMs,
    bytes: (all) => all.length,
    start: () => {
      try {
        instances.push(start());
      } catch (error) {
        return Promise.reject(error as Error);
      }
      return Promise.resolve(instances.at(-1)!);
    },
  });
  return { pool, instances, clock };
}

/** Lets everything run that waits for nothing outside. */
const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

describe('the instances of a model', () => {
  it('each take a run; more wait their turn', async () => {
    const { pool, instances } = await scene({ count: 2 });
    expect([pool.provider, pool.bytes]).toEqual(['fake', 2]);
    const runs = [pool.run([]), pool.run([]), pool.run([])];
    await settle();
    expect(instances.map((each) => each.runs)).toEqual([1, 1]);
    instances[0]!.answer();
    await runs[0];
    await settle();
    expect(instances.map((each) => each.runs)).toEqual([2, 1]);
    instances.forEach((each) => {
      each.answer();
    });
    await Promise.all(runs);
  });

  it('fail the run at hand when they die, and are replaced at once', async () => {
    const { pool, instances } = await scene();
    const lost = pool.run([]);
    await settle();
    instances[0]!.die();
    await expect(lost).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    await settle();
    expect(instances).toHaveLength(2);
    const next = pool.run([]);
    await settle();
    instances[1]!.answer();
    await expect(next).resolves.toEqual([]);
    expect(instances).toHaveLength(2);
  });

  it('that die before any work wait for a run to bring them back', async () => {
    const { pool, instances } = await scene();
    instances[0]!.die();
    await settle();
    expect(instances).toHaveLength(1);
    void pool.run([]);
    await settle();
    expect(instances).toHaveLength(2);
    expect(instances[1]!.runs).toBe(1);
  });

  it('that cannot come back fail each run, and try again with the next', async () => {
    let broken = false;
    const { pool, instances } = await scene({
      start: () => {
        if (broken) {
          throw new RuntimeError('MODEL_INVALID', { detail: 'Its file is gone.' });
        }
        return new FakeInstance();
      },
    });
    broken = true;
    instances[0]!.die();
    await expect(pool.run([])).rejects.toThrow(/started again.*file is gone/u);
    broken = false;
    void pool.run([]);
    await settle();
    expect(instances[1]!.runs).toBe(1);
  });

  it('that hang are ended and replaced', async () => {
    const { pool, instances, clock } = await scene({ maxRunMs: 500 });
    const hung = pool.run([]);
    hung.catch(() => undefined);
    await settle();
    clock.advance(500);
    await expect(hung).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    void pool.run([]);
    await settle();
    expect(instances[1]!.runs).toBe(1);
  });

  it('end with the pool, and those who wait are told', async () => {
    const { pool, instances } = await scene();
    const running = expect(pool.run([])).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    const waiting = expect(pool.run([])).rejects.toMatchObject({ code: 'CLOSED' });
    await settle();
    await pool.close();
    await Promise.all([running, waiting]);
    await expect(pool.run([])).rejects.toMatchObject({ code: 'CLOSED' });
    await settle();
    expect(instances.map(({ alive }) => alive)).toEqual([false]);
  });

  it('are all ended when one of them cannot start', async () => {
    const started: FakeInstance[] = [];
    const opening = scene({
      count: 3,
      start: () => {
        if (started.length === 2) {
          throw new RuntimeError('MODEL_INVALID');
        }
        started.push(new FakeInstance());
        return started.at(-1)!;
      },
    });
    await expect(opening).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    expect(started.map(({ alive }) => alive)).toEqual([false, false]);
  });
});
