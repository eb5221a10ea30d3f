/** Learners in the database. */
import { and, eq } from 'drizzle-orm';
import { isDuplicate } from './database-error.ts';
import type { Queries } from './database.ts';
import { eraseLearner, type ErasedRows } from './erased-rows.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { learners, people } from './schema.ts';
import { placeOf, SEALED_COLUMNS } from './sealed-rows.ts';
import type { Seal } from '../privacy/key-ring.ts';

export type Learner = typeof learners.$inferSelect;

const NAME = SEALED_COLUMNS.learnerName;
const KEY = { createdAt: learners.createdAt, id: learners.id };

export class LearnerRecords {
  readonly #queries: Queries;
  readonly #seal: Seal;

  /** Names are sealed. */
  constructor(queries: Queries, seal: Seal) {
    this.#queries = queries;
    this.#seal = seal;
  }

  /** False where another learner has this external id. */
  async add(learner: Learner): Promise<boolean> {
    try {
      const displayName = this.#seal.seal(learner.displayName, placeOf(NAME, learner.id));
      await this.#queries.insert(learners).values({ ...learner, displayName });
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
    return found === undefined ? undefined : this.#opened(found);
  }

  /** Emails and roles of the accounts that are theirs. */
  accounts(id: string): Promise<{ id: string; email: string; role: string; createdAt: Date }[]> {
    const { email, role, createdAt } = people;
    return this.#queries
      .select({ id: people.id, email, role, createdAt })
      .from(people)
      .where(eq(people.learnerId, id));
  }

  /** With everything that is theirs; how many rows of what. */
  erase(id: string): Promise<ErasedRows> {
    return this.#queries.transaction((transaction) => eraseLearner(transaction, id));
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
      (row) => this.#opened(row),
    );
  }

  #opened(stored: Learner): Learner {
    const displayName = this.#seal.open(stored.displayName, placeOf(NAME, stored.id));
    return { ...stored, displayName };
  }
}
