/** Which data keys this database was written with; the keys themselves are kept elsewhere. */
import { asc, eq, isNull, sql } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { dataKeys } from './schema.ts';

export type DataKeyRecord = typeof dataKeys.$inferSelect;

/** Any number will do that no other program uses on the same database. */
const LOCK_ID = 7_308_331_953;

export class DataKeyRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Those that are not retired, oldest first. */
  inUse(): Promise<DataKeyRecord[]> {
    return this.#queries
      .select()
      .from(dataKeys)
      .where(isNull(dataKeys.retiredAt))
      .orderBy(asc(dataKeys.createdAt), asc(dataKeys.id));
  }

  /** Lets one process at a time decide which keys are used. */
  async alone<Value>(act: (records: DataKeyRecords) => Promise<Value>): Promise<Value> {
    return this.#queries.transaction(async (transaction) => {
      await transaction.execute(sql`select pg_advisory_xact_lock(${LOCK_ID}::bigint)`);
      return act(new DataKeyRecords(transaction));
    });
  }

  /** From now on it may have sealed something. One that was retired is used again. */
  async use(id: string, now: Date): Promise<void> {
    await this.#queries
      .insert(dataKeys)
      .values({ id, createdAt: now })
      .onConflictDoUpdate({ target: dataKeys.id, set: { retiredAt: null } });
  }

  async retire(id: string, now: Date): Promise<void> {
    await this.#queries.update(dataKeys).set({ retiredAt: now }).where(eq(dataKeys.id, id));
  }
}
