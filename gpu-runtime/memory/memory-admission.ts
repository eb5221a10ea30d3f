/**
 * Decides what is loaded onto the device: the ledger's shell. Who wants to load says beforehand how much it will take;
 * what it really took is measured and counts from then on. Idle things make room, least recently used first; where that
 * is not enough, the newcomer is refused with OUT_OF_MEMORY before the device runs out.
 */
import type { Clock } from '#media/clock.ts';
import { RuntimeError } from '../errors.ts';
import { MemoryLedger, type Holding } from './ledger.ts';
import { isOutOfMemory } from './out-of-memory.ts';

/** Something that lies in the device's memory: a face's bank, a model. */
export interface Resident<Value> {
  /** One for each thing: `face/ada`. */
  name: string;
  /** What it will take, told before it is loaded. */
  declaredBytes: number;
  /** `bytes`: what it took, as measured; the declared ones stand where it cannot tell. */
  load: () => Promise<{ value: Value; bytes?: number }>;
  /** Called when it has been evicted, never while it is in use. */
  unload: (value: Value) => Promise<void> | void;
}

export interface MemoryAdmissionOptions {
  capacityBytes: number;
  clock: Clock;
  onEvicted?: (name: string) => void;
}

export interface MemoryState {
  capacityBytes: number;
  usedBytes: number;
  /** With what could be evicted. */
  availableBytes: number;
  evictions: number;
  refusals: number;
  /** Errors of memory that a model or a load had, and that this process survived. */
  shortages: number;
  holdings: readonly Readonly<Holding>[];
}

interface Loaded {
  loading: Promise<unknown>;
  unload: () => Promise<void>;
}

/** A conversation's faces change after minutes; one in use now is free no sooner than this. */
const RETRY_MS = 1_000;

export class MemoryAdmission {
  readonly #ledger: MemoryLedger;
  readonly #options: MemoryAdmissionOptions;
  readonly #loaded = new Map<string, Loaded>();
  readonly #counters = { evictions: 0, refusals: 0, shortages: 0 };
  /** Room is made for one newcomer after another. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: MemoryAdmissionOptions) {
    this.#options = options;
    this.#ledger = new MemoryLedger(options.capacityBytes);
  }

  get state(): MemoryState {
    const { capacityBytes, usedBytes, freeBytes, holdings } = this.#ledger;
    const idleBytes = this.#ledger.idle().reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      capacityBytes,
      usedBytes,
      availableBytes: Math.max(0, freeBytes + idleBytes),
      ...this.#counters,
      holdings,
    };
  }

  /** Loads something that stays until `remove`: a model. Rejects with OUT_OF_MEMORY, or with what loading rejects with. */
  async keep<Value>(resident: Resident<Value>): Promise<Value> {
    const value = await this.#enter(resident, true);
    this.#ledger.leave(resident.name, this.#nowMs());
    return value;
  }

  /**
   * Runs the task with something that may be evicted between uses, loading it where it is not there. Rejects with
   * OUT_OF_MEMORY (`retryAfterMs` where other uses may end), with what loading or the task rejects with.
   */
  async use<Value, Result>(
    resident: Resident<Value>,
    task: (value: Value) => Promise<Result> | Result,
  ): Promise<Result> {
    const value = await this.#enter(resident, false);
    try {
      return await task(value);
    } finally {
      this.#ledger.leave(resident.name, this.#nowMs());
    }
  }

  /** The real bytes of what grows or shrinks as it works. */
  measure(name: string, bytes: number): void {
    this.#ledger.measure(name, bytes);
  }

  /** Unloads something, in use or not: its owner has done with it. */
  async remove(name: string): Promise<void> {
    const loaded = this.#loaded.get(name);
    this.#loaded.delete(name);
    await loaded?.unload();
    this.#ledger.drop(name);
  }

  /** A run that may find the device full: then everything idle goes and it runs once more. Rejects with OUT_OF_MEMORY. */
  async survive<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      if (!isOutOfMemory(error)) {
        throw error;
      }
    }
    this.#counters.shortages += 1;
    await this.#inTurn(() => this.#evict(this.#ledger.idle().map(({ name }) => name)));
    try {
      return await run();
    } catch (error) {
      throw isOutOfMemory(error)
        ? this.#refusal('The device ran out of memory twice.', error)
        : error;
    }
  }

  /** Loaded, and counted as in use. */
  async #enter<Value>(resident: Resident<Value>, pinned: boolean): Promise<Value> {
    const { name } = resident;
    if (!this.#loaded.has(name)) {
      await this.#inTurn(async () => {
        if (!this.#loaded.has(name)) {
          await this.#makeRoom(resident);
          this.#begin(resident, pinned);
        }
      });
    }
    const loaded = this.#loaded.get(name);
    if (loaded === undefined) {
      throw this.#refusal(`“${name}” was taken away while it was being loaded.`);
    }
    this.#ledger.enter(name, this.#nowMs());
    try {
      return (await loaded.loading) as Value;
    } catch (error) {
      this.#ledger.leave(name, this.#nowMs());
      throw error;
    }
  }

  async #makeRoom<Value>({ name, declaredBytes }: Resident<Value>): Promise<void> {
    for (;;) {
      const plan = this.#ledger.plan(declaredBytes);
      if (!plan.ok) {
        const { freeBytes, evictableBytes, inUseBytes } = plan;
        const room = `${mebibytes(freeBytes)} are free, ${mebibytes(evictableBytes)} could be, ${mebibytes(inUseBytes)} are in use`;
        const later = freeBytes + evictableBytes + inUseBytes >= declaredBytes;
        throw this.#refusal(
          `“${name}” takes ${mebibytes(declaredBytes)}; ${room}.`,
          undefined,
          later ? RETRY_MS : undefined,
        );
      }
      if (plan.evict.length === 0) {
        return;
      }
      // What is idle now may be in use when its turn comes: look again.
      await this.#evict(plan.evict);
    }
  }

  #begin<Value>(resident: Resident<Value>, pinned: boolean): void {
    const { name, declaredBytes, load, unload } = resident;
    this.#ledger.hold(name, declaredBytes, pinned, this.#nowMs());
    const loading = this.survive(load).then(async ({ value, bytes }) => {
      if (bytes !== undefined) {
        this.#ledger.measure(name, bytes);
        await this.#settleExcess();
      }
      if (bytes !== undefined && bytes > this.#ledger.capacityBytes) {
        await unload(value);
        const most = mebibytes(this.#ledger.capacityBytes);
        throw this.#refusal(`“${name}” took ${mebibytes(bytes)} of ${most}.`);
      }
      return value;
    });
    const loaded: Loaded = {
      loading,
      unload: async () => {
        const value = await loading.catch(() => undefined);
        if (value !== undefined) {
          await unload(value);
        }
      },
    };
    this.#loaded.set(name, loaded);
    loading.catch(() => {
      if (this.#loaded.get(name) === loaded) {
        this.#loaded.delete(name);
        this.#ledger.drop(name);
      }
    });
  }

  /** What took more than it said pushes out idle things; where that is not enough, it stays, and refuses the next. */
  #settleExcess(): Promise<void> {
    return this.#inTurn(async () => {
      const idle = this.#ledger.idle().map(({ name }) => name);
      while (this.#ledger.freeBytes < 0 && idle.length > 0) {
        await this.#evict([idle.shift()!]);
      }
    });
  }

  async #evict(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if (this.#ledger.idle().some((holding) => holding.name === name)) {
        this.#counters.evictions += 1;
        await this.remove(name);
        this.#options.onEvicted?.(name);
      }
    }
  }

  #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const turn = this.#queue.then(task);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #refusal(detail: string, cause?: unknown, retryAfterMs?: number): RuntimeError {
    this.#counters.refusals += 1;
    return new RuntimeError('OUT_OF_MEMORY', {
      detail,
      cause,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }
}

function mebibytes(bytes: number): string {
  return `${String(Math.max(0, Math.round(bytes / 2 ** 20)))} MiB`;
}
