/** Requests to erase somebody, kept until everything is gone and as evidence afterwards. Ids only. */
import { and, asc, eq, lt, lte, sql } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { erasures } from './schema.ts';

export type Erasure = typeof erasures.$inferSelect;
export type ErasureStep = Erasure['steps'][number];
export type ErasureSubject = Erasure['subjectKind'];

export class ErasureRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Of two requests for the same subject at the same moment one is kept; both get it. */
  async begin(erasure: Erasure): Promise<Erasure> {
    const [kept] = await this.#queries
      .insert(erasures)
      .values(erasure)
      .onConflictDoUpdate({
        target: [erasures.subjectKind, erasures.subject],
        // A session that began while the first request ran belongs to it too.
        set: {
          sessionIds: sql`(select coalesce(jsonb_agg(distinct one), '[]') from
            jsonb_array_elements(${erasures.sessionIds} || excluded.session_ids) as each (one))`,
        },
      })
      .returning();
    return kept!;
  }

  async of(subjectKind: ErasureSubject, subject: string): Promise<Erasure | undefined> {
    const [found] = await this.#queries
      .select()
      .from(erasures)
      .where(and(eq(erasures.subjectKind, subjectKind), eq(erasures.subject, subject)));
    return found;
  }

  async save(
    id: string,
    values: Pick<Erasure, 'status' | 'steps' | 'attempts' | 'nextAttemptAt' | 'doneAt'>,
  ): Promise<void> {
    await this.#queries.update(erasures).set(values).where(eq(erasures.id, id));
  }

  /** Those whose next attempt is due, oldest first. */
  due(now: Date, limit: number): Promise<Erasure[]> {
    return this.#queries
      .select()
      .from(erasures)
      .where(lte(erasures.nextAttemptAt, now))
      .orderBy(asc(erasures.nextAttemptAt))
      .limit(limit);
  }

  /** Forgets requests that were done before `before`. */
  async forget(before: Date): Promise<void> {
    await this.#queries.delete(erasures).where(lt(erasures.doneAt, before));
  }
}
