/** People who sign in. */
import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import { isDuplicate } from './database-error.ts';
import type { Queries } from './database.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { learners, people } from './schema.ts';
import { placeOf, SEALED_COLUMNS } from './sealed-rows.ts';
import type { Seal } from '../privacy/key-ring.ts';

export type Person = typeof people.$inferSelect;
/** What may change of a person. */
export type PersonChange = Partial<
  Pick<
    Person,
    'displayName' | 'role' | 'learnerId' | 'passwordHash' | 'issuer' | 'subject' | 'disabledAt'
  >
>;

const KEY = { createdAt: people.createdAt, id: people.id };

/** A row with its name as it is. */
export function openedPerson(stored: Person, { open }: Seal): Person {
  const place = placeOf(SEALED_COLUMNS.personName, stored.id);
  return { ...stored, displayName: open(stored.displayName, place) };
}

export class PeopleRecords {
  readonly #queries: Queries;

  readonly #seal: Seal;

  /** Names are sealed; emails, by which people are found, are not. */
  constructor(queries: Queries, seal: Seal) {
    this.#queries = queries;
    this.#seal = seal;
  }

  /** Keeps a person, with the learner that they are. False where there is one of this email, or of this subject. */
  async add(person: Person): Promise<boolean> {
    try {
      await this.#queries.transaction(async (queries) => {
        if (person.learnerId !== null) {
          await queries.insert(learners).values(this.#learnerOf(person, person.learnerId));
        }
        await queries.insert(people).values({ ...person, ...this.#sealed(person.id, person) });
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
    return this.#opened(found);
  }

  async findByEmail(email: string): Promise<Person | undefined> {
    const [found] = await this.#queries.select().from(people).where(eq(people.email, email));
    return this.#opened(found);
  }

  /** By what a provider calls them. */
  async findBySubject(issuer: string, subject: string): Promise<Person | undefined> {
    const [found] = await this.#queries
      .select()
      .from(people)
      .where(and(eq(people.issuer, issuer), eq(people.subject, subject)));
    return this.#opened(found);
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
      (row) => openedPerson(row, this.#seal),
    );
  }

  async change(id: string, change: PersonChange, updatedAt: Date): Promise<Person | undefined> {
    const [changed] = await this.#queries
      .update(people)
      .set({ ...change, ...this.#sealed(id, change), updatedAt })
      .where(eq(people.id, id))
      .returning();
    return this.#opened(changed);
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
      .set({ ...change, ...this.#sealed(id, change), updatedAt })
      .where(and(eq(people.id, id), or(ne(people.role, 'admin'), others)))
      .returning();
    return this.#opened(changed);
  }

  /** Makes the learner that a person is, where they are none yet. */
  async addLearner(person: Person, learnerId: string, at: Date): Promise<Person | undefined> {
    await this.#queries
      .insert(learners)
      .values(this.#learnerOf({ ...person, createdAt: at }, learnerId));
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

  #sealed(id: string, { displayName }: PersonChange): { displayName?: string } {
    return displayName === undefined
      ? {}
      : { displayName: this.#seal.seal(displayName, placeOf(SEALED_COLUMNS.personName, id)) };
  }

  #opened(stored: Person | undefined): Person | undefined {
    return stored === undefined ? undefined : openedPerson(stored, this.#seal);
  }

  #learnerOf(
    { id: createdBy, displayName: name, createdAt }: Person,
    id: string,
  ): typeof learners.$inferInsert {
    const displayName = this.#seal.seal(name, placeOf(SEALED_COLUMNS.learnerName, id));
    return { id, displayName, createdBy, createdAt, updatedAt: createdAt };
  }
}
