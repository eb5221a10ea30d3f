/** Learners in the database. */
import { and, eq } from 'drizzle-orm';
import { isDuplicate } from './database-error.ts';
import type { Queries } from './database.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { learners } from './schema.ts';

export type Learner = typeof learners.$inferSelect;

const KEY = { createdAt: learners.createdAt, id: learners.id };

export class LearnerRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** False where another learner has this external id. */
  async add(learner: Learner): Promise<boolean> {
    try {
      await this.#queries.insert(learners).values(learner);
      return true;
    } catch (error) {
      if (isDuplicate(error)) {
        return false;
      }
      throw error;
    }
  }

  async find(id: string): Promise<Learner | undefined> {
    const [found] = await this.#queries.select().from(learners).where(eq(learners.id, id));
    return found;
  }

  async list(
    { externalId }: { externalId?: string | undefined },
    page: PageRequest,
  ): Promise<Page<Learner>> {
    const rows = await this.#queries
      .select()
      .from(learners)
      .where(
        and(
          externalId === undefined ? undefined : eq(learners.externalId, externalId),
          after(KEY, page),
        ),
      )
      .orderBy(...newestFirst(KEY))
      .limit(page.limit + 1);
    return pageOf(
      rows,
      page,
      (row) => row,
      (row) => row,
    );
  }
}
