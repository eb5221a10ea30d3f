/** Sessions in the database. */
import { and, asc, count, eq, gt, isNotNull, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import type { Ownership } from '../authority.ts';
import type { Queries } from './database.ts';
import { eraseSessions, type ErasedRows } from './erased-rows.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { sessions } from './schema.ts';
import { placeOf, SEALED_COLUMNS } from './sealed-rows.ts';
import type { Seal } from '../privacy/key-ring.ts';

export type Session = typeof sessions.$inferSelect;
export type EndReason = NonNullable<Session['endReason']>;

export interface SessionFilter {
  learnerId?: string | undefined;
  scenarioId?: string | undefined;
  /** Live ones, or those that have ended; all where it is absent. */
  live?: boolean | undefined;
  /** Those of somebody who sees no others. */
  only?: Ownership | undefined;
}

const KEY = { createdAt: sessions.createdAt, id: sessions.id };

/** Sessions that somebody created, or that are about their learner; undefined: all. */
export const ownedBy = (only: Ownership | undefined): SQL | undefined =>
  only === undefined
    ? undefined
    : or(
        eq(sessions.createdBy, only.createdBy),
        only.learnerId === null ? undefined : eq(sessions.learnerId, only.learnerId),
      );

export class SessionRecords {
  readonly #queries: Queries;
  readonly #seal: Seal;

  /** The learner's name is sealed. */
  constructor(queries: Queries, seal: Seal) {
    this.#queries = queries;
    this.#seal = seal;
  }

  /**
   * Keeps a new session, unless `most` live ones that began after `since` are there already: then false. It is one
   * statement, so that requests at the same moment do not both take the last place of one connection.
   */
  async admit(
    session: Session,
    { most, since, mostInRegion }: { most: number; since: Date; mostInRegion?: number },
  ): Promise<boolean> {
    const inRegion =
      mostInRegion === undefined
        ? sql``
        : sql`and (select count(*) from sessions
            where ended_at is null and created_at > ${since.toISOString()}::timestamptz
              and region = ${session.region}::text) < ${mostInRegion}::integer`;
    const kept = await this.#queries
      .insert(sessions)
      .select(
        sql`select ${session.id}::text, ${session.scenarioId}::text, ${session.scenarioVersion}::integer,
          ${session.learnerId}::text, ${session.learnerIdentity}::text, ${this.#sealed(session).learnerName}::text,
          ${session.avatar}::text, ${session.recording}::boolean, ${session.createdBy}::text,
          ${session.createdAt.toISOString()}::timestamptz, null::timestamptz, null::text, ${session.region}::text
          where (select count(*) from sessions
            where ended_at is null and created_at > ${since.toISOString()}::timestamptz) < ${most}::integer ${inRegion}`,
      )
      .returning({ id: sessions.id });
    return kept.length > 0;
  }

  /** Keeps a session as it is; one of the same id stays. */
  async add(session: Session): Promise<void> {
    await this.#queries.insert(sessions).values(this.#sealed(session)).onConflictDoNothing();
  }

  async find(id: string): Promise<Session | undefined> {
    const [found] = await this.#queries.select().from(sessions).where(eq(sessions.id, id));
    return found === undefined ? undefined : this.#opened(found);
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

  /** All of a learner's, oldest first. */
  idsOf(learnerId: string): Promise<{ id: string; createdAt: Date }[]> {
    return this.#queries
      .select({ id: sessions.id, createdAt: sessions.createdAt })
      .from(sessions)
      .where(eq(sessions.learnerId, learnerId))
      .orderBy(asc(sessions.createdAt));
  }

  /** At most `limit` sessions that were over before `before`, and those that began before and were never ended. */
  async overBefore(before: Date, limit: number): Promise<string[]> {
    const found = await this.#queries
      .select({ id: sessions.id })
      .from(sessions)
      .where(
        and(
          lt(sessions.createdAt, before),
          or(isNull(sessions.endedAt), lt(sessions.endedAt, before)),
        ),
      )
      .orderBy(asc(sessions.createdAt))
      .limit(limit);
    return found.map(({ id }) => id);
  }

  /** With everything that hangs on them; how many rows of what. */
  erase(ids: readonly string[]): Promise<ErasedRows> {
    return this.#queries.transaction((transaction) => eraseSessions(transaction, ids));
  }

  async liveCount(since: Date): Promise<number> {
    const [row] = await this.#queries
      .select({ live: count() })
      .from(sessions)
      .where(and(isNull(sessions.endedAt), gt(sessions.createdAt, since)));
    return row?.live ?? 0;
  }

  /** Live sessions that began after `since`, by region; those of none are left out. */
  async liveByRegion(since: Date): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#queries
      .select({ region: sessions.region, live: count() })
      .from(sessions)
      .where(
        and(isNull(sessions.endedAt), gt(sessions.createdAt, since), isNotNull(sessions.region)),
      )
      .groupBy(sessions.region);
    return new Map(rows.map(({ region, live }) => [region ?? '', live]));
  }

  /** Null for a session of no region, and for one that is not there. */
  async regionOf(id: string): Promise<string | null> {
    const [found] = await this.#queries
      .select({ region: sessions.region })
      .from(sessions)
      .where(eq(sessions.id, id));
    return found?.region ?? null;
  }

  /** Ids of the live sessions of a region. */
  async liveIn(region: string): Promise<string[]> {
    const found = await this.#queries
      .select({ id: sessions.id })
      .from(sessions)
      .where(and(isNull(sessions.endedAt), eq(sessions.region, region)));
    return found.map(({ id }) => id);
  }

  /** All that have not ended. */
  live(): Promise<{ id: string; createdAt: Date }[]> {
    return this.#queries
      .select({ id: sessions.id, createdAt: sessions.createdAt })
      .from(sessions)
      .where(isNull(sessions.endedAt));
  }

  async list(
    { learnerId, scenarioId, live, only }: SessionFilter,
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
          ownedBy(only),
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

  #sealed(session: Session): Session {
    const place = placeOf(SEALED_COLUMNS.sessionLearnerName, session.id);
    return { ...session, learnerName: this.#seal.seal(session.learnerName, place) };
  }

  #opened(stored: Session): Session {
    const place = placeOf(SEALED_COLUMNS.sessionLearnerName, stored.id);
    return { ...stored, learnerName: this.#seal.open(stored.learnerName, place) };
  }
}
