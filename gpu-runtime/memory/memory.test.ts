import { FakeClock } from '#media/testing/fake-clock.ts';
import { describe, expect, it } from 'vitest';
import { machineBytes, readDeviceMemory } from './device-memory.ts';
import { MemoryLedger } from './ledger.ts';
import { MemoryAdmission, type Resident } from './memory-admission.ts';
import { isOutOfMemory } from './out-of-memory.ts';

describe('the ledger', () => {
  const ledgerOf = (capacityBytes: number): MemoryLedger => {
    const ledger = new MemoryLedger(capacityBytes);
    ledger.hold('model', 40, true, 0);
    ledger.hold('ada', 20, false, 1);
    ledger.hold('bo', 20, false, 2);
    return ledger;
  };

  it('lets in what fits, and evicts no more than needed, least recently used first', () => {
    const ledger = ledgerOf(100);
    expect(ledger.plan(20)).toEqual({ ok: true, evict: [] });
    expect(ledger.plan(21)).toEqual({ ok: true, evict: ['ada'] });
    expect(ledger.plan(41)).toEqual({ ok: true, evict: ['ada', 'bo'] });
    ledger.enter('ada', 3);
    ledger.leave('ada', 4);
    expect(ledger.plan(21)).toEqual({ ok: true, evict: ['bo'] });
  });

  it('never evicts what is in use or pinned, and says what is where', () => {
    const ledger = ledgerOf(100);
    ledger.enter('ada', 3);
    expect(ledger.plan(41)).toEqual({
      ok: false,
      freeBytes: 20,
      evictableBytes: 20,
      inUseBytes: 20,
    });
    ledger.enter('ada', 4);
    ledger.leave('ada', 5);
    expect(ledger.idle().map(({ name }) => name)).toEqual(['bo']);
  });

  it('counts what was measured instead of what was declared', () => {
    const ledger = ledgerOf(100);
    ledger.measure('ada', 50);
    expect(ledger.freeBytes).toBe(-10);
    expect(ledger.plan(0)).toEqual({ ok: true, evict: ['ada'] });
    ledger.drop('ada');
    expect(ledger.freeBytes).toBe(40);
  });
});

/** Admission over a capacity of 100 bytes, and faces that tell what became of them. */
function scene() {
  const clock = new FakeClock();
  const log: string[] = [];
  const memory = new MemoryAdmission({
    capacityBytes: 100,
    clock,
    onEvicted: (name) => log.push(`evicted ${name}`),
  });
  const face = (name: string, declaredBytes: number, bytes?: number): Resident<string> => ({
    name,
    declaredBytes,
    load: () => {
      log.push(`load ${name}`);
      return Promise.resolve({ value: name, ...(bytes === undefined ? {} : { bytes }) });
    },
    unload: (value) => {
      log.push(`unload ${value}`);
    },
  });
  const use = async (resident: Resident<string>): Promise<string> => {
    clock.advance(1);
    return memory.use(resident, (value) => value);
  };
  return { clock, log, memory, face, use };
}

describe('memory admission', () => {
  it('loads once for many users at once and keeps it for the next', async () => {
    const { log, face, use } = scene();
    await Promise.all([use(face('ada', 60)), use(face('ada', 60))]);
    await use(face('ada', 60));
    expect(log).toEqual(['load ada']);
  });

  it('evicts the least recently used face for a new one', async () => {
    const { log, memory, face, use } = scene();
    for (const name of ['ada', 'bo', 'ada', 'cy']) {
      await use(face(name, 40));
    }
    expect(log).toEqual(['load ada', 'load bo', 'unload bo', 'evicted bo', 'load cy']);
    expect(memory.state).toMatchObject({ usedBytes: 80, availableBytes: 100, evictions: 1 });
  });

  it('refuses with the reason and when to come back while all is in use', async () => {
    const { memory, face, use } = scene();
    await memory.use(face('ada', 80), async () => {
      await expect(use(face('bo', 40))).rejects.toMatchObject({
        code: 'OUT_OF_MEMORY',
        retryAfterMs: 1_000,
      });
      await expect(use(face('huge', 101))).rejects.toMatchObject({ retryAfterMs: undefined });
    });
    await expect(use(face('bo', 40))).resolves.toBe('bo');
    expect(memory.state.refusals).toBe(2);
  });

  it('keeps models for good, until they are removed', async () => {
    const { log, memory, face, use } = scene();
    await memory.keep(face('whisper', 70));
    await expect(use(face('ada', 40))).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    await memory.remove('whisper');
    await use(face('ada', 40));
    expect(log).toEqual(['load whisper', 'unload whisper', 'load ada']);
  });

  it('lets what took more than it said push out idle things, and refuses what no device holds', async () => {
    const { log, memory, face, use } = scene();
    await use(face('ada', 30));
    await use(face('bo', 30, 90));
    expect(log).toEqual(['load ada', 'load bo', 'unload ada', 'evicted ada']);
    expect(memory.state.usedBytes).toBe(90);
    await expect(use(face('cy', 10, 300))).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(log).toContain('unload cy');
    expect(memory.state.holdings.map(({ name }) => name)).not.toContain('cy');
  });

  it('forgets what could not be loaded and loads it anew', async () => {
    const { memory, face, use } = scene();
    const broken = { ...face('ada', 60), load: () => Promise.reject(new Error('no such file')) };
    await expect(use(broken)).rejects.toThrow('no such file');
    expect(memory.state.usedBytes).toBe(0);
    await expect(use(face('ada', 60))).resolves.toBe('ada');
  });

  it('survives a run that found no memory: idle things go, and it runs once more', async () => {
    const { log, memory, face, use } = scene();
    await use(face('ada', 60));
    let runs = 0;
    const answer = await memory.survive(() => {
      runs += 1;
      return runs === 1
        ? Promise.reject(new Error('CUDA error: out of memory'))
        : Promise.resolve('done');
    });
    expect([answer, log.at(-1)]).toEqual(['done', 'evicted ada']);
    await expect(
      memory.survive(() => Promise.reject(new Error('std::bad_alloc'))),
    ).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
    expect(memory.state.shortages).toBe(2);
    await expect(memory.survive(() => Promise.reject(new Error('shape')))).rejects.toThrow('shape');
  });
});

describe('an error of memory', () => {
  it.each([
    'Non-zero status code returned while running Conv: Failed to allocate memory for requested buffer of size 9',
    'MemoryError: ',
    'RuntimeError: CUDA out of memory. Tried to allocate 2 MiB',
    'terminate called after throwing std::bad_alloc',
    'Array buffer allocation failed',
  ])('is known by its words: %s', (message) => {
    expect(isOutOfMemory(new Error('outer', { cause: new Error(message) }))).toBe(true);
  });

  it('is no other error', () => {
    expect(isOutOfMemory(new Error('The memory of the room'))).toBe(false);
    expect(isOutOfMemory('out of memory')).toBe(false);
  });
});

describe('the device’s memory', () => {
  it('is the GPU’s where models run there and it tells, else the machine’s', () => {
    expect(readDeviceMemory(true, () => '81559\n')).toEqual({
      device: 'cuda 0',
      capacityBytes: Math.floor(81_559 * 2 ** 20 * 0.9),
    });
    const silent = (): string => {
      throw new Error('no nvidia-smi');
    };
    expect(readDeviceMemory(true, silent).device).toBe('cpu');
    expect(readDeviceMemory(false, silent).capacityBytes).toBeGreaterThan(0);
  });

  it('is a container’s where that is less', () => {
    expect(machineBytes(10, 20)).toBe(10);
    expect(machineBytes(0, 20)).toBe(20);
    expect(machineBytes(2 ** 63, 20)).toBe(20);
  });
});
