/** Sign-ins, attempts to sign in, and sign-ins with a provider that have begun. */
import { and, eq, gt, lte, sql } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { openedPerson, type Person } from './people-records.ts';
import { people } from './schema.ts';
import type { Seal } from '../privacy/key-ring.ts';
import { providerSignIns, signInAttempts, signIns } from './sign-in-schema.ts';

export type SignIn = typeof signIns.$inferSelect;
export type ProviderSignIn = typeof providerSignIns.$inferSelect;

export class SignInRecords {
  readonly #queries: Queries;

  readonly #seal: Seal;

  constructor(queries: Queries, seal: Seal) {
    this.#queries = queries;
    this.#seal = seal;
  }

  async add(signIn: SignIn): Promise<void> {
    await this.#queries.insert(signIns).values(signIn);
  }

  async find(idHash: string): Promise<(SignIn & { person: Person }) | undefined> {
    const [found] = await this.#queries
      .select()
      .from(signIns)
      .innerJoin(people, eq(people.id, signIns.personId))
      .where(eq(signIns.idHash, idHash));
    return found === undefined
      ? undefined
      : { ...found.sign_ins, person: openedPerson(found.people, this.#seal) };
  }

  async seen(idHash: string, seenAt: Date): Promise<void> {
    await this.#queries.update(signIns).set({ seenAt }).where(eq(signIns.idHash, idHash));
  }

  async remove(idHash: string): Promise<void> {
    await this.#queries.delete(signIns).where(eq(signIns.idHash, idHash));
  }

  async removeOf(personId: string): Promise<void> {
    await this.#queries.delete(signIns).where(eq(signIns.personId, personId));
  }

  /** Counts one more attempt, and tells how many there are and until when they are counted. One statement. */
  async attempt(
    idHash: string,
    now: Date,
    until: Date,
  ): Promise<{ attempts: number; until: Date }> {
    const over = sql`${signInAttempts.until} <= ${now.toISOString()}::timestamptz`;
    const [counted] = await this.#queries
      .insert(signInAttempts)
      .values({ idHash, attempts: 1, until })
      .onConflictDoUpdate({
        target: signInAttempts.idHash,
        set: {
          attempts: sql`case when ${over} then 1 else ${signInAttempts.attempts} + 1 end`,
          until: sql`case when ${over} then excluded.until else ${signInAttempts.until} end`,
        },
      })
      .returning({ attempts: signInAttempts.attempts, until: signInAttempts.until });
    return counted!;
  }

  /** Takes one attempt back. */
  async takeBack(idHash: string): Promise<void> {
    await this.#queries
      .update(signInAttempts)
      .set({ attempts: sql`greatest(${signInAttempts.attempts} - 1, 0)` })
      .where(eq(signInAttempts.idHash, idHash));
  }

  async addProviderSignIn(begun: ProviderSignIn): Promise<void> {
    await this.#queries.insert(providerSignIns).values(begun);
  }

  /** Whoever comes first has it; undefined for everybody else, and when it is too old. */
  async takeProviderSignIn(idHash: string, now: Date): Promise<ProviderSignIn | undefined> {
    const [taken] = await this.#queries
      .delete(providerSignIns)
      .where(and(eq(providerSignIns.idHash, idHash), gt(providerSignIns.expiresAt, now)))
      .returning();
    return taken;
  }

  /** Forgets what is over. */
  async sweep(now: Date): Promise<void> {
    await this.#queries.delete(signIns).where(lte(signIns.expiresAt, now));
    await this.#queries.delete(signInAttempts).where(lte(signInAttempts.until, now));
    await this.#queries.delete(providerSignIns).where(lte(providerSignIns.expiresAt, now));
  }
}
