/** Scenarios and their versions. A version never changes; which one is published does. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { and, asc, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { scenarios, scenarioVersions } from './schema.ts';

export type ScenarioHead = typeof scenarios.$inferSelect;
export type ScenarioVersion = Omit<typeof scenarioVersions.$inferSelect, 'document'> & {
  document: Scenario;
};

/** What a new version is made of. */
export interface Draft {
  document: Scenario;
  /** As it was written, where it came as YAML. */
  source: string | null;
  sourceHash: string;
  createdBy: string;
  createdAt: Date;
  publish: boolean;
}

const KEY = { createdAt: scenarios.createdAt, id: scenarios.id };
/** Any number of its own: processes that start together take in the files one after the other. */
const SEED_LOCK_ID = 7_308_331_953;

export class ScenarioRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Runs `act` in a transaction that no other process runs at the same time. */
  alone<T>(act: (records: ScenarioRecords) => Promise<T>): Promise<T> {
    return this.#queries.transaction(async (transaction) => {
      await transaction.execute(sql`select pg_advisory_xact_lock(${SEED_LOCK_ID})`);
      return act(new ScenarioRecords(transaction));
    });
  }

  async find(id: string): Promise<ScenarioHead | undefined> {
    const [found] = await this.#queries.select().from(scenarios).where(eq(scenarios.id, id));
    return found;
  }

  /** Those that are not archived. */
  async list(page: PageRequest): Promise<Page<ScenarioHead>> {
    const rows = await this.#queries
      .select()
      .from(scenarios)
      .where(and(isNull(scenarios.archivedAt), after(KEY, page)))
      .orderBy(...newestFirst(KEY))
      .limit(page.limit + 1);
    return pageOf(
      rows,
      page,
      (row) => row,
      (row) => row,
    );
  }

  /** Every one. */
  heads(): Promise<ScenarioHead[]> {
    return this.#queries.select().from(scenarios);
  }

  /** The published versions of those that are not archived, in the order of their ids. */
  async published(): Promise<{ id: string; version: number; document: Scenario }[]> {
    const rows = await this.#queries
      .select({
        id: scenarios.id,
        version: scenarioVersions.version,
        document: scenarioVersions.document,
      })
      .from(scenarios)
      .innerJoin(
        scenarioVersions,
        and(
          eq(scenarioVersions.scenarioId, scenarios.id),
          eq(scenarioVersions.version, scenarios.publishedVersion),
        ),
      )
      .where(and(isNull(scenarios.archivedAt), isNotNull(scenarios.publishedVersion)))
      .orderBy(asc(scenarios.id));
    return rows.map((row) => ({ ...row, document: row.document as Scenario }));
  }

  async version(id: string, version: number): Promise<ScenarioVersion | undefined> {
    const [found] = await this.#queries
      .select()
      .from(scenarioVersions)
      .where(and(eq(scenarioVersions.scenarioId, id), eq(scenarioVersions.version, version)));
    return found === undefined ? undefined : { ...found, document: found.document as Scenario };
  }

  /** Newest first, without their documents; from below `before`. */
  versions(
    id: string,
    { limit, before }: { limit: number; before?: number | undefined },
  ): Promise<Omit<ScenarioVersion, 'document' | 'source'>[]> {
    const { scenarioId, version, sourceHash, createdBy, createdAt, publishedAt } = scenarioVersions;
    return this.#queries
      .select({ scenarioId, version, sourceHash, createdBy, createdAt, publishedAt })
      .from(scenarioVersions)
      .where(
        and(eq(scenarioId, id), before === undefined ? undefined : sql`${version} < ${before}`),
      )
      .orderBy(desc(version))
      .limit(limit);
  }

  /** Version 1. Undefined where the id is taken. */
  create(
    id: string,
    origin: ScenarioHead['origin'],
    draft: Draft,
  ): Promise<ScenarioHead | undefined> {
    return this.#queries.transaction(async (transaction) => {
      const [head] = await transaction
        .insert(scenarios)
        .values({
          ...{ id, origin, latestVersion: 1, createdBy: draft.createdBy },
          publishedVersion: draft.publish ? 1 : null,
          createdAt: draft.createdAt,
          updatedAt: draft.createdAt,
        })
        .onConflictDoNothing()
        .returning();
      if (head !== undefined) {
        await insertVersion(transaction, head, draft);
      }
      return head;
    });
  }

  /** A further version. Undefined where the scenario is not at that revision any more. */
  addVersion(
    id: string,
    revision: number,
    origin: ScenarioHead['origin'],
    draft: Draft,
  ): Promise<ScenarioHead | undefined> {
    return this.#queries.transaction(async (transaction) => {
      const [head] = await transaction
        .update(scenarios)
        .set({
          origin,
          latestVersion: sql`${scenarios.latestVersion} + 1`,
          ...(draft.publish ? { publishedVersion: sql`${scenarios.latestVersion} + 1` } : {}),
          revision: sql`${scenarios.revision} + 1`,
          archivedAt: null,
          updatedAt: draft.createdAt,
        })
        .where(and(eq(scenarios.id, id), eq(scenarios.revision, revision)))
        .returning();
      if (head !== undefined) {
        await insertVersion(transaction, head, draft);
      }
      return head;
    });
  }

  /** The version must be there. Undefined where the scenario is not at that revision any more. */
  async publish(
    id: string,
    revision: number,
    version: number,
    at: Date,
  ): Promise<ScenarioHead | undefined> {
    return this.#queries.transaction(async (transaction) => {
      const head = await change(transaction, id, revision, at, { publishedVersion: version });
      if (head !== undefined) {
        await transaction
          .update(scenarioVersions)
          .set({ publishedAt: at })
          .where(and(eq(scenarioVersions.scenarioId, id), eq(scenarioVersions.version, version)));
      }
      return head;
    });
  }

  /** Takes it out of the catalogue, or puts it back. Undefined where it is not at that revision any more. */
  archive(
    id: string,
    revision: number,
    at: Date,
    archived = true,
  ): Promise<ScenarioHead | undefined> {
    return change(this.#queries, id, revision, at, { archivedAt: archived ? at : null });
  }
}

async function change(
  queries: Queries,
  id: string,
  revision: number,
  at: Date,
  values: { publishedVersion?: number; archivedAt?: Date | null },
): Promise<ScenarioHead | undefined> {
  const [head] = await queries
    .update(scenarios)
    .set({ ...values, revision: sql`${scenarios.revision} + 1`, updatedAt: at })
    .where(and(eq(scenarios.id, id), eq(scenarios.revision, revision)))
    .returning();
  return head;
}

async function insertVersion(queries: Queries, head: ScenarioHead, draft: Draft): Promise<void> {
  const { publish, ...values } = draft;
  await queries.insert(scenarioVersions).values({
    ...values,
    scenarioId: head.id,
    version: head.latestVersion,
    publishedAt: publish ? draft.createdAt : null,
  });
}
