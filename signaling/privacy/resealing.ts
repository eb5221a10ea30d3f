/**
 * Brings everything under the newest key, in batches and beside the work of the day: values from before there were keys,
 * and those of older keys. It holds no state of its own, so that one that was killed goes on where it was.
 */
import type { DataKeyRecords } from '../data/data-key-records.ts';
import {
  placeOf,
  SEALED_COLUMNS,
  type KeyUse,
  type SealedColumn,
  type SealedRows,
} from '../data/sealed-rows.ts';
import { DataKeyError } from './data-key-error.ts';
import type { KeyRing } from './key-ring.ts';

export interface ResealingOptions {
  rows: SealedRows;
  keys: DataKeyRecords;
  ring: KeyRing;
  now?: () => Date;
  /** Rows of one transaction. */
  batchRows?: number;
}

export interface ResealingProgress {
  /** Values that were not under the newest key when this run began. */
  total: number;
  /** Of these, under it now. */
  done: number;
  /** Values that no key opens, or that stand in a wrong row: they stay as they are. */
  damaged: number;
}

export interface KeyStatus {
  id: string;
  newest: boolean;
  /** Whether this process has it. */
  here: boolean;
  since: Date;
  rows: number;
}

export interface ResealingStatus {
  keys: KeyStatus[];
  /** Values in plain. */
  plain: number;
  uses: KeyUse[];
}

/** A few milliseconds of one processor, so that requests wait for no longer. */
const BATCH_ROWS = 100;
/**
 * Checkpoints in Redis live for an hour, and processes notice a new key within seconds: after this nothing that is kept
 * outside the database was sealed before the newest key came.
 */
export const RETIRE_AFTER_MS = 2 * 3_600_000;

export class Resealing {
  readonly #options: ResealingOptions;
  readonly #now: () => Date;

  constructor(options: ResealingOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  /** Until nothing is left or `signal` stops it between two batches. */
  async run(
    options: { signal?: AbortSignal; onProgress?: (progress: ResealingProgress) => void } = {},
  ): Promise<ResealingProgress> {
    const { rows, keys, ring } = this.#options;
    const newest = ring.newestId;
    // Before the first value: a database never holds what it does not know the key of.
    if (!(await keys.inUse()).some(({ id }) => id === newest)) {
      await keys.use(newest, this.#now());
    }
    const uses = await rows.uses();
    const total = uses.reduce((sum, use) => sum + (use.keyId === newest ? 0 : use.rows), 0);
    const progress: ResealingProgress = { total, done: 0, damaged: 0 };
    const columns = Object.values(SEALED_COLUMNS).filter(({ table, column }) =>
      uses.some((use) => use.table === table && use.column === column && use.keyId !== newest),
    );
    for (const column of columns) {
      await this.#column(column, newest, progress, options);
    }
    return progress;
  }

  async #column(
    column: SealedColumn,
    newest: string,
    progress: ResealingProgress,
    {
      signal,
      onProgress,
    }: { signal?: AbortSignal; onProgress?: (progress: ResealingProgress) => void },
  ): Promise<void> {
    const { rows, ring, batchRows: limit = BATCH_ROWS } = this.#options;
    let after: readonly (string | number)[] | undefined;
    for (;;) {
      if (signal?.aborted === true) {
        return;
      }
      const found = await rows.under(column, {
        ...{ notUnder: newest, limit },
        ...(after === undefined ? {} : { after }),
      });
      if (found.length === 0) {
        return;
      }
      after = found.at(-1)!.key;
      const values = found.flatMap((row) => {
        try {
          return [{ row, sealed: ring.rewrap(row.stored, placeOf(column, ...row.key)) }];
        } catch (error) {
          if (error instanceof DataKeyError) {
            progress.damaged += 1;
            return [];
          }
          throw error;
        }
      });
      progress.done += await rows.replace(column, values);
      onProgress?.({ ...progress });
    }
  }

  async status(): Promise<ResealingStatus> {
    const { rows, keys, ring } = this.#options;
    const uses = await rows.uses();
    const counted = (keyId: string | null): number =>
      uses.reduce((sum, use) => sum + (use.keyId === keyId ? use.rows : 0), 0);
    const inUse = await keys.inUse();
    return {
      keys: inUse
        .map(({ id, createdAt }) => ({
          ...{ id, newest: id === ring.newestId, here: ring.ids.includes(id) },
          ...{ since: createdAt, rows: counted(id) },
        }))
        .reverse(),
      plain: counted(null),
      uses,
    };
  }

  /**
   * An older key that nothing needs is told to be gone. Throws DataKeyError DATA_KEY_IN_USE, with how many rows use it, or
   * DATA_KEY_MISSING where this database knows no such key.
   */
  async retire(id: string): Promise<void> {
    const { keys } = this.#options;
    const { keys: known } = await this.status();
    const key = known.find((one) => one.id === id);
    const newest = known.find((one) => one.newest);
    if (key === undefined) {
      throw new DataKeyError('DATA_KEY_MISSING', `This database uses no data key ${id}.`);
    }
    if (key.newest || newest === undefined) {
      throw new DataKeyError('DATA_KEY_IN_USE', `${id} is the newest key: rotate first.`);
    }
    if (key.rows > 0) {
      throw new DataKeyError(
        'DATA_KEY_IN_USE',
        `${String(key.rows)} rows are encrypted with ${id}: \`npm run keys -- rotate\` goes on with them.`,
      );
    }
    const freeAt = new Date(newest.since.getTime() + RETIRE_AFTER_MS);
    if (freeAt > this.#now()) {
      throw new DataKeyError(
        'DATA_KEY_IN_USE',
        `0 rows are encrypted with ${id}, but checkpoints of calls may be. It can go after ${freeAt.toISOString()}.`,
      );
    }
    await keys.retire(id, this.#now());
  }
}
