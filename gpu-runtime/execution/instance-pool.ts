/** The instances of one model: each run goes to an idle one; one that dies fails its run and is replaced. */
import type { Clock } from '#media/clock.ts';
import { RuntimeError, asRuntimeError } from '../errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Executor } from './executor.ts';

/** One loaded copy of a model, in a thread or a process of its own. */
export interface Instance {
  readonly provider: string;
  readonly alive: boolean;
  /** Resolves once it has died or has been closed. */
  readonly ended: Promise<void>;
  /** Called for one run at a time. Rejects with RuntimeError, also when it dies meanwhile. */
  run(inputs: readonly Tensor[]): Promise<Tensor[]>;
  /** As of an Executor, where the kind of model has it. */
  runApart?(
    requests: readonly (readonly Tensor[])[],
  ): Promise<readonly (Tensor[] | RuntimeError)[]>;
  /** Idempotent. A run at hand rejects. */
  close(): Promise<void>;
}

export interface InstancePoolOptions<Kind extends Instance> {
  count: number;
  clock: Clock;
  /** Rejects with MODEL_INVALID. */
  start: () => Promise<Kind>;
  /** Resident bytes of all instances. */
  bytes: (instances: readonly Kind[]) => number;
  maxRunMs?: number;
}

interface Slot<Kind extends Instance> {
  busy: boolean;
  /** The instance has been given a run. */
  worked: boolean;
  /** Present from the start of loading until death. */
  starting: Promise<Kind> | undefined;
  instance: Kind | undefined;
}

/** Ten minutes of speech take a recogniser less on one core; what runs longer hangs. */
const MAX_RUN_MS = 120_000;
/** The batcher sends no more runs than there are instances; others who call are held to this. */
const MAX_WAITING = 256;

export class InstancePool<Kind extends Instance> implements Executor {
  readonly #options: InstancePoolOptions<Kind>;
  readonly #slots: Slot<Kind>[];
  readonly #waiting: { resolve: (slot: Slot<Kind>) => void; reject: (error: Error) => void }[] = [];
  #closed: Promise<void> | undefined;
  #provider = '';

  private constructor(options: InstancePoolOptions<Kind>) {
    this.#options = options;
    this.#slots = Array.from({ length: options.count }, () => ({
      busy: false,
      worked: false,
      starting: undefined,
      instance: undefined,
    }));
  }

  /** Starts all instances, one after another. Throws what the first failure throws; then nothing is left running. */
  static async open<Kind extends Instance>(
    options: InstancePoolOptions<Kind>,
  ): Promise<InstancePool<Kind>> {
    const pool = new InstancePool(options);
    try {
      for (const slot of pool.#slots) {
        await pool.#begin(slot);
      }
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  get provider(): string {
    return this.#provider;
  }

  get bytes(): number {
    return this.#options.bytes(this.#slots.flatMap(({ instance }) => instance ?? []));
  }

  run(inputs: readonly Tensor[]): Promise<Tensor[]> {
    return this.#use((instance) => instance.run(inputs));
  }

  runApart(
    requests: readonly (readonly Tensor[])[],
  ): Promise<readonly (Tensor[] | RuntimeError)[]> {
    return this.#use(
      (instance) =>
        instance.runApart?.(requests) ??
        Promise.reject(
          new RuntimeError('MODEL_FAILED', { detail: 'It takes its requests joined only.' }),
        ),
    );
  }

  async #use<Result>(run: (instance: Kind) => Promise<Result>): Promise<Result> {
    const slot = await this.#idleSlot();
    try {
      const instance = await this.#instanceOf(slot);
      slot.worked = true;
      // Closing it is what ends a run that hangs.
      const cancelTimer = this.#options.clock.after(this.#options.maxRunMs ?? MAX_RUN_MS, () => {
        void instance.close();
      });
      try {
        return await run(instance);
      } finally {
        cancelTimer();
      }
    } finally {
      this.#release(slot);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new RuntimeError('CLOSED'));
    }
    await Promise.all(
      this.#slots.map(async ({ starting }) => {
        const instance = await starting?.catch(() => undefined);
        await instance?.close();
      }),
    );
  }

  #idleSlot(): Promise<Slot<Kind>> {
    if (this.#closed !== undefined) {
      return Promise.reject(new RuntimeError('CLOSED'));
    }
    const idle = this.#slots.filter(({ busy }) => !busy);
    // One that is loaded comes before one that is being replaced.
    const slot = idle.find(({ instance }) => instance?.alive === true) ?? idle[0];
    if (slot !== undefined) {
      slot.busy = true;
      return Promise.resolve(slot);
    }
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new RuntimeError('OVERLOADED', { detail: 'No instance is idle.' }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  #release(slot: Slot<Kind>): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      slot.busy = false;
    } else {
      next.resolve(slot);
    }
  }

  async #instanceOf(slot: Slot<Kind>): Promise<Kind> {
    if (slot.instance?.alive === true) {
      return slot.instance;
    }
    if (slot.instance !== undefined) {
      this.#forget(slot, slot.instance);
    }
    try {
      return await (slot.starting ?? this.#begin(slot));
    } catch (error) {
      throw new RuntimeError('MODEL_FAILED', {
        detail: `It could not be started again: ${asRuntimeError(error).message}`,
        cause: error,
      });
    }
  }

  async #begin(slot: Slot<Kind>): Promise<Kind> {
    if (this.#closed !== undefined) {
      throw new RuntimeError('CLOSED');
    }
    const starting = this.#options.start();
    slot.starting = starting;
    try {
      const instance = await starting;
      slot.instance = instance;
      slot.worked = false;
      this.#provider = instance.provider;
      void instance.ended.then(() => {
        this.#ended(slot, instance);
      });
      return instance;
    } catch (error) {
      slot.starting = undefined;
      throw error;
    }
  }

  /**
   * One that has worked is replaced at once. One that died before its first run waits for that to bring it back, so
   * that a model which cannot live does not spin.
   */
  #ended(slot: Slot<Kind>, instance: Kind): void {
    if (slot.instance === instance) {
      this.#forget(slot, instance);
      if (slot.worked && this.#closed === undefined) {
        this.#begin(slot).catch(() => undefined);
      }
    }
  }

  #forget(slot: Slot<Kind>, instance: Kind): void {
    if (slot.instance === instance) {
      slot.instance = undefined;
      slot.starting = undefined;
    }
  }
}
