/** Sessions in the database. */
import { and, count, eq, gt, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { sessions } from './schema.ts';

export type Session = typeof sessions.$inferSelect;
export type EndReason = NonNullable<Session['endReason']>;

export interface SessionFilter {
  learnerId?: string | undefined;
  scenarioId?: string | undefined;
  /** Live ones, or those that have ended; all where it is absent. */
  live?: boolean | undefined;
}

const KEY = { createdAt: sessions.createdAt, id: sessions.id };

export class SessionRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /**
   * Keeps a new session, unless `most` live ones that began after `since` are there already: then false. It is one
   * statement, so that requests at the same moment do not both take the last place of one connection.
   */
  async admit(session: Session, { most, since }: { most: number; since: Date }): Promise<boolean> {
    const kept = await this.#queries
      .insert(sessions)
      .select(
        sql`select ${session.id}::text, ${session.scenarioId}::text, ${session.scenarioVersion}::integer,
          ${session.learnerId}::text, ${session.learnerIdentity}::text, ${session.learnerName}::text,
          ${session.avatar}::text, ${session.recording}::boolean, ${session.createdBy}::text,
          ${session.createdAt.toISOString()}::timestamptz, null::timestamptz, null::text, ${session.region}::text
          where (select count(*) from sessions
            where ended_at is null and created_at > ${since.toISOString()}::timestamptz) < ${most}::integer`,
      )
      .returning({ id: sessions.id });
    return kept.length > 0;
  }

  /** Keeps a session as it is; one of the same id stays. */
  async add(session: Session): Promise<void> {
    await this.#queries.insert(sessions).values(session).onConflictDoNothing();
  }

  async find(id: string): Promise<Session | undefined> {
    const [found] = await this.#queries.select().from(sessions).where(eq(sessions.id, id));
    return found;
  }

  /** False where it had ended before, which stays as it was. */
  async end(id: string, endedAt: Date, endReason: EndReason): Promise<boolean> {
    const ended = await this.#queries
      .update(sessions)
      .set({ endedAt, endReason })
      .where(and(eq(sessions.id, id), isNull(sessions.endedAt)))
      .returning({ id: sessions.id });
    return ended.length > 0;
  }

  /** Forgets a session that never came to be. */
  async remove(id: string): Promise<void> {
    await this.#queries.delete(sessions).where(eq(sessions.id, id));
  }

  async liveCount(since: Date): Promise<number> {
    const [row] = await this.#queries
      .select({ live: count() })
      .from(sessions)
      .where(and(isNull(sessions.endedAt), gt(sessions.createdAt, since)));
    return row?.live ?? 0;
  }

  /** All that have not ended. */
  live(): Promise<{ id: string; createdAt: Date }[]> {
    return this.#queries
      .select({ id: sessions.id, createdAt: sessions.createdAt })
      .from(sessions)
      .where(isNull(sessions.endedAt));
  }

  async list(
    { learnerId, scenarioId, live }: SessionFilter,
    page: PageRequest,
  ): Promise<Page<Session>> {
    const rows = await this.#queries
      .select()
      .from(sessions)
      .where(
        and(
          learnerId === undefined ? undefined : eq(sessions.learnerId, learnerId),
          scenarioId === undefined ? undefined : eq(sessions.scenarioId, scenarioId),
          live === undefined
            ? undefined
            : live
              ? isNull(sessions.endedAt)
              : isNotNull(sessions.endedAt),
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
