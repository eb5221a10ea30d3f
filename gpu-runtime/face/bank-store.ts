/**
 * Which avatars' banks are in memory: loaded when first asked for, under the runtime's memory admission, which evicts the
 * least recently used idle ones for others.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AVATAR_ID } from '#media/face/neural/avatar-manifest.ts';
import { asRuntimeError, RuntimeError } from '../errors.ts';
import type { MemoryAdmission, Resident } from '../memory/memory-admission.ts';
import { bankBytes, loadBank, type TemplateBank } from './template-bank.ts';

export interface BankStoreOptions {
  /** The folder with a folder per avatar. */
  repository: string;
  memory: MemoryAdmission;
  /** Makes a loaded bank ready to be served; a rejection unloads it. */
  warm?: (id: string) => Promise<void>;
  /** Told when a bank leaves memory. */
  onEvicted?: (id: string) => void;
}

/** A bank is read from disk in about this time. */
const RETRY_MS = 250;

export class BankStore {
  readonly #options: BankStoreOptions;
  readonly #loads = new Map<string, Promise<void>>();
  /** Why the last load of an avatar failed; told once, then it is tried again. */
  readonly #failures = new Map<string, RuntimeError>();
  readonly #ready = new Set<string>();
  /** Banks by avatar, for those who decode. */
  readonly banks = new Map<string, TemplateBank>();

  constructor(options: BankStoreOptions) {
    this.#options = options;
  }

  /** Bytes of all banks, as measured. */
  get bytes(): number {
    return [...this.banks.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Runs the task with the banks of these avatars. Rejects with REQUEST_INVALID where there is no such avatar,
   * MODEL_NOT_READY while it is loaded (asking starts that), OUT_OF_MEMORY where there is no room, MODEL_INVALID where
   * its folder is damaged. Nobody waits for a load: others would wait behind him.
   */
  async use<Result>(ids: readonly string[], task: () => Promise<Result>): Promise<Result> {
    for (const id of ids) {
      await this.#demand(id);
    }
    const [first, ...others] = ids;
    if (first === undefined) {
      return task();
    }
    const resident = await this.#resident(first);
    return this.#options.memory.use(resident, () => this.#held(others, task));
  }

  /** Resolves when nothing is being loaded any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#loads.values());
  }

  async close(): Promise<void> {
    await this.settled();
    for (const id of [...this.banks.keys()]) {
      await this.#options.memory.remove(residentName(id));
    }
  }

  async #held<Result>(ids: readonly string[], task: () => Promise<Result>): Promise<Result> {
    const [first, ...others] = ids;
    return first === undefined
      ? task()
      : this.#options.memory.use(await this.#resident(first), () => this.#held(others, task));
  }

  async #demand(id: string): Promise<void> {
    if (this.#ready.has(id)) {
      return;
    }
    const failure = this.#failures.get(id);
    if (failure !== undefined) {
      this.#failures.delete(id);
      throw failure;
    }
    if (!this.#loads.has(id)) {
      await this.#begin(id);
    }
    throw new RuntimeError('MODEL_NOT_READY', {
      detail: `Avatar “${id}” is being loaded.`,
      retryAfterMs: RETRY_MS,
    });
  }

  /** Starts loading. Rejects where the avatar is unknown or its folder cannot be read. */
  async #begin(id: string): Promise<void> {
    const known =
      AVATAR_ID.test(id) && existsSync(join(this.#options.repository, id, 'avatar.json'));
    if (!known) {
      throw new RuntimeError('REQUEST_INVALID', {
        detail: `There is no avatar “${id.slice(0, 64)}” here.`,
      });
    }
    const load = (async () => {
      try {
        await this.#options.memory.use(await this.#resident(id), () => undefined);
      } catch (error) {
        this.#failures.set(id, asRuntimeError(error));
      } finally {
        this.#loads.delete(id);
      }
    })();
    this.#loads.set(id, load);
    // What is wrong with its folder is known at once and told to the first who asks.
    await bankBytes(join(this.#options.repository, id));
  }

  async #resident(id: string): Promise<Resident<TemplateBank>> {
    const folder = join(this.#options.repository, id);
    return {
      name: residentName(id),
      declaredBytes: this.banks.get(id)?.bytes ?? (await bankBytes(folder)),
      load: async () => {
        const bank = await loadBank(folder);
        this.banks.set(id, bank);
        try {
          await this.#options.warm?.(id);
        } catch (error) {
          this.#drop(id);
          throw error;
        }
        this.#ready.add(id);
        return { value: bank, bytes: bank.bytes };
      },
      unload: () => {
        this.#drop(id);
      },
    };
  }

  #drop(id: string): void {
    this.banks.delete(id);
    this.#ready.delete(id);
    this.#options.onEvicted?.(id);
  }
}

function residentName(id: string): string {
  return `face/${id}`;
}
