import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { RuntimeError, type RuntimeErrorCode } from '../../errors.ts';
import type { InferenceService, InferRequest, RuntimeHealth } from '../../ports.ts';
import { placeSession, type RuntimeState } from './placement.ts';
import { RuntimePool } from './runtime-pool.ts';

const runtime = (address: string, more: Partial<RuntimeState> = {}): RuntimeState => ({
  address,
  state: 'ready',
  load: 0,
  freeBytes: undefined,
  ...more,
});
const none = (): number => 0;

describe('placing a session', () => {
  it('takes the least burdened, then the one with most memory', () => {
    const three = [
      runtime('a', { load: 3 }),
      runtime('b', { freeBytes: 1 }),
      runtime('c', { freeBytes: 2 }),
    ];
    expect(placeSession(three, none, { priority: 0, neededBytes: 0 })?.address).toBe('c');
    const crowded = (address: string): number => (address === 'c' ? 5 : 0);
    expect(placeSession(three, crowded, { priority: 0, neededBytes: 0 })?.address).toBe('b');
  });

  it('takes none without room, none that drains, none that is lost', () => {
    const all = [
      runtime('a', { freeBytes: 10 }),
      runtime('b', { state: 'draining' }),
      runtime('c', { state: 'lost' }),
    ];
    expect(placeSession(all, none, { priority: 0, neededBytes: 11 })).toBeUndefined();
  });

  it('keeps preparation off a busy runtime while another is calm', () => {
    const two = [runtime('a', { load: 8 }), runtime('b', { load: 7 })];
    const crowded = (address: string): number => (address === 'b' ? 9 : 0);
    expect(placeSession(two, crowded, { priority: 0, neededBytes: 0 })?.address).toBe('a');
    expect(placeSession(two, crowded, { priority: 1, neededBytes: 0 })?.address).toBe('b');
  });
});

/** A runtime that the test can drain, kill and bring back. */
class Puppet {
  alive = true;
  draining = false;
  served = 0;
  closed = false;
  /** Says nothing, as a machine without power. */
  silent = false;
  refusal: RuntimeErrorCode | undefined;
  health: RuntimeHealth | undefined;

  service(): InferenceService {
    const never = <Value>(): Promise<Value> => new Promise(() => undefined);
    const lost = (): RuntimeError => new RuntimeError('RUNTIME_LOST');
    return {
      live: () =>
        this.silent ? never() : this.alive ? Promise.resolve(true) : Promise.reject(lost()),
      health: () => (this.silent ? never() : Promise.resolve(this.health)),
      ready: () => (this.alive ? Promise.resolve(!this.draining) : Promise.reject(lost())),
      modelReady: () => Promise.resolve(true),
      serverMetadata: () => Promise.reject(lost()),
      modelMetadata: () => Promise.reject(lost()),
      statistics: () => Promise.resolve([]),
      infer: ({ id }) => {
        if (!this.alive) {
          return Promise.reject(lost());
        }
        if (this.silent || this.refusal !== undefined) {
          return Promise.reject(new RuntimeError(this.refusal ?? 'DEADLINE_EXCEEDED'));
        }
        this.served += 1;
        return Promise.resolve({ modelName: 'echo', modelVersion: '1', id, outputs: [] });
      },
      close: () => {
        this.closed = true;
        return Promise.resolve();
      },
    };
  }
}

const request = (session: string): InferRequest => ({
  modelName: 'echo',
  modelVersion: '',
  id: 'r',
  inputs: [],
  outputs: [],
  scheduling: { priority: 0, timeoutMs: 100, session, batchKey: '' },
});

async function scene() {
  const clock = new FakeClock();
  const puppets = new Map([
    ['a', new Puppet()],
    ['b', new Puppet()],
  ]);
  let addresses = ['a', 'b'];
  const moves: string[] = [];
  const pool = new RuntimePool({
    clock,
    discover: () => Promise.resolve(addresses),
    connect: (address) => puppets.get(address)!.service(),
    onMoved: (session, from, to) => moves.push(`${session}: ${from} → ${to}`),
    checkEveryMs: 500,
  });
  await pool.open();
  return {
    clock,
    pool,
    moves,
    a: puppets.get('a')!,
    b: puppets.get('b')!,
    find: (now: string[]) => {
      addresses = now;
    },
  };
}

describe('the pool', () => {
  it('spreads sessions and keeps each where it is', async () => {
    const { pool, moves } = await scene();
    for (const session of ['one', 'two', 'one', 'two', 'one']) {
      await pool.infer(request(session));
    }
    expect(pool.runtimeOf('one')).not.toBe(pool.runtimeOf('two'));
    expect(moves).toEqual([]);
  });

  it('sends a request that met a dead runtime elsewhere, once, and the session with it', async () => {
    const { pool, a, b, moves } = await scene();
    await pool.infer(request('one'));
    a.alive = false;
    await expect(pool.infer(request('one'))).resolves.toBeDefined();
    expect(pool.runtimeOf('one')).toBe('b');
    expect(moves).toEqual(['one: a → b']);
    b.alive = false;
    await expect(pool.infer(request('one'))).rejects.toMatchObject({ code: 'RUNTIME_LOST' });
  });

  it('moves sessions off a runtime that drains, and on to one that comes back', async () => {
    const { clock, pool, a, b } = await scene();
    await pool.infer(request('one'));
    a.draining = true;
    await clock.advanceAsync(500);
    await pool.infer(request('one'));
    expect(pool.runtimeOf('one')).toBe('b');
    a.draining = false;
    b.alive = false;
    await clock.advanceAsync(500);
    await pool.infer(request('one'));
    expect(pool.runtimeOf('one')).toBe('a');
  });

  it('stays on the last one that drains rather than nowhere', async () => {
    const { clock, pool, a, b } = await scene();
    await pool.infer(request('one'));
    a.draining = true;
    b.alive = false;
    await clock.advanceAsync(500);
    await expect(pool.infer(request('one'))).resolves.toBeDefined();
  });

  it('leaves a runtime that is closing, and one without room while another has some', async () => {
    const { pool, a, b, moves } = await scene();
    await pool.infer(request('one'));
    a.refusal = 'OUT_OF_MEMORY';
    await expect(pool.infer(request('one'))).resolves.toBeDefined();
    expect(moves).toEqual(['one: a → b']);
    b.refusal = 'OUT_OF_MEMORY';
    await expect(pool.infer(request('one'), { neededBytes: 1 })).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
    });
    b.refusal = 'CLOSED';
    a.refusal = undefined;
    await expect(pool.infer(request('one'))).resolves.toBeDefined();
    expect(pool.runtimeOf('one')).toBe('a');
  });

  it('leaves one that lets a deadline pass and then says nothing', async () => {
    const { clock, pool, a } = await scene();
    await pool.infer(request('one'));
    a.silent = true;
    await expect(pool.infer(request('one'))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await clock.advanceAsync(150);
    await expect(pool.infer(request('one'))).resolves.toBeDefined();
    expect(pool.runtimeOf('one')).toBe('b');
  });

  it('stays with one that is late and answers', async () => {
    const { clock, pool, a } = await scene();
    await pool.infer(request('one'));
    a.refusal = 'DEADLINE_EXCEEDED';
    await expect(pool.infer(request('one'))).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await clock.advanceAsync(150);
    a.refusal = undefined;
    await pool.infer(request('one'));
    expect(pool.runtimeOf('one')).toBe('a');
  });

  it('places by what runtimes tell of their load and memory, and looks on while one is silent', async () => {
    const { clock, pool, a, b } = await scene();
    const health = { live: true, ready: true, device: 'cpu', models: [] };
    a.health = { ...health, load: 9, availableBytes: 100 };
    b.health = { ...health, load: 1, availableBytes: 10 };
    await clock.advanceAsync(500);
    await pool.infer(request('small'), { neededBytes: 5 });
    await pool.infer(request('large'), { neededBytes: 50 });
    expect([pool.runtimeOf('small'), pool.runtimeOf('large')]).toEqual(['b', 'a']);
    a.silent = true;
    b.health = { ...b.health, ready: false };
    await clock.advanceAsync(1_000, 500);
    expect(pool.runtimes.map(({ state }) => state)).toEqual(['ready', 'draining']);
  });

  it('sends nobody new to one that discovery no longer names, and closed asks nothing', async () => {
    const { clock, pool, find } = await scene();
    await pool.infer(request('one'));
    find(['b']);
    await clock.advanceAsync(500);
    await pool.infer(request('one'));
    expect(pool.runtimeOf('one')).toBe('b');
    await pool.close();
    await expect(pool.infer(request('one'))).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('follows discovery, and leaves no timer and no connection behind', async () => {
    const { clock, pool, find, a, b } = await scene();
    find(['b']);
    await clock.advanceAsync(500);
    expect(pool.runtimes.map(({ address }) => address)).toEqual(['b']);
    expect(a.closed).toBe(true);
    await pool.close();
    expect(b.closed).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });
});
