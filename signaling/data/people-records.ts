/** People who sign in. */
import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import { isDuplicate } from './database-error.ts';
import type { Queries } from './database.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { learners, people } from './schema.ts';

export type Person = typeof people.$inferSelect;
/** What may change of a person. */
export type PersonChange = Partial<
  Pick<
    Person,
    'displayName' | 'role' | 'learnerId' | 'passwordHash' | 'issuer' | 'subject' | 'disabledAt'
  >
>;

const KEY = { createdAt: people.createdAt, id: people.id };

export class PeopleRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Keeps a person, with the learner that they are. False where there is one of this email, or of this subject. */
  async add(person: Person): Promise<boolean> {
    try {
      await this.#queries.transaction(async (queries) => {
        if (person.learnerId !== null) {
          await queries.insert(learners).values(learnerOf(person, person.learnerId));
        }
        await queries.insert(people).values(person);
      });
      return true;
    } catch (error) {
      if (isDuplicate(error)) {
        return false;
      }
      throw error;
    }
  }

  async find(id: string): Promise<Person | undefined> {
    const [found] = await this.#queries.select().from(people).where(eq(people.id, id));
    return found;
  }

  async findByEmail(email: string): Promise<Person | undefined> {
    const [found] = await this.#queries.select().from(people).where(eq(people.email, email));
    return found;
  }

  /** By what a provider calls them. */
  async findBySubject(issuer: string, subject: string): Promise<Person | undefined> {
    const [found] = await this.#queries
      .select()
      .from(people)
      .where(and(eq(people.issuer, issuer), eq(people.subject, subject)));
    return found;
  }

  async list(page: PageRequest): Promise<Page<Person>> {
    const rows = await this.#queries
      .select()
      .from(people)
      .where(after(KEY, page))
      .orderBy(...newestFirst(KEY))
      .limit(page.limit + 1);
    return pageOf(
      rows,
      page,
      (row) => row,
      (row) => row,
    );
  }

  async change(id: string, change: PersonChange, updatedAt: Date): Promise<Person | undefined> {
    const [changed] = await this.#queries
      .update(people)
      .set({ ...change, updatedAt })
      .where(eq(people.id, id))
      .returning();
    return changed;
  }

  /** As `change`, unless this is the only admin who is not disabled: then undefined. */
  async changeUnlessLastAdmin(
    id: string,
    change: PersonChange,
    updatedAt: Date,
  ): Promise<Person | undefined> {
    const others = sql`exists (select 1 from people as other
      where other.id <> ${id} and other.role = 'admin' and other.disabled_at is null)`;
    const [changed] = await this.#queries
      .update(people)
      .set({ ...change, updatedAt })
      .where(and(eq(people.id, id), or(ne(people.role, 'admin'), others)))
      .returning();
    return changed;
  }

  /** Makes the learner that a person is, where they are none yet. */
  async addLearner(person: Person, learnerId: string, at: Date): Promise<Person | undefined> {
    await this.#queries.insert(learners).values(learnerOf({ ...person, createdAt: at }, learnerId));
    return this.change(person.id, { learnerId }, at);
  }

  async hasAdmin(): Promise<boolean> {
    const [found] = await this.#queries
      .select({ id: people.id })
      .from(people)
      .where(and(eq(people.role, 'admin'), isNull(people.disabledAt)))
      .limit(1);
    return found !== undefined;
  }
}

const learnerOf = ({ id, displayName, createdAt }: Person, learnerId: string) => ({
  ...{ id: learnerId, displayName, createdBy: id, createdAt, updatedAt: createdAt },
});
