/** Who did what: rows are added and never changed, until they are old. Ids only; nobody's words or names. */
import { and, desc, eq, gte, inArray, like, lt, or } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { pageOf, type Cursor, type Page, type PageRequest } from './paging.ts';
import { auditLog } from './schema.ts';

export interface AuditEntry {
  actor: string;
  /** `scenario.publish`, `api-key.revoke`. */
  action: string;
  target: string | null;
  requestId: string | null;
  details?: Record<string, string | number | boolean>;
  createdAt: Date;
}

export type KeptAuditEntry = typeof auditLog.$inferSelect;

export interface AuditFilter {
  actor?: string | undefined;
  /** The whole action, or its beginning up to a dot: `session` has `session.create`. */
  action?: string | undefined;
  target?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** Entries of one statement. */
const MOST_AT_ONCE = 200;

interface Waiting {
  entry: AuditEntry;
  kept: () => void;
  failed: (error: unknown) => void;
}

export class AuditLog {
  readonly #queries: Queries;
  #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Entries that come while others are being written go together in the next statement. */
  add(entry: AuditEntry): Promise<void> {
    return new Promise((kept, failed) => {
      this.#waiting.push({ entry, kept, failed });
      void this.#write();
    });
  }

  async list(filter: AuditFilter, page: PageRequest): Promise<Page<KeptAuditEntry>> {
    const rows = await this.#queries
      .select()
      .from(auditLog)
      .where(
        and(
          filter.actor === undefined ? undefined : eq(auditLog.actor, filter.actor),
          filter.action === undefined
            ? undefined
            : or(eq(auditLog.action, filter.action), like(auditLog.action, `${filter.action}.%`)),
          filter.target === undefined ? undefined : eq(auditLog.target, filter.target),
          filter.since === undefined ? undefined : gte(auditLog.createdAt, filter.since),
          filter.until === undefined ? undefined : lt(auditLog.createdAt, filter.until),
          page.cursor === undefined ? undefined : lt(auditLog.id, lastId(page.cursor)),
        ),
      )
      .orderBy(desc(auditLog.id))
      .limit(page.limit + 1);
    return pageOf(
      rows,
      page,
      (row) => ({ createdAt: row.createdAt, id: String(row.id) }),
      (row) => row,
    );
  }

  /** Everything about these, oldest first. */
  about(targets: readonly string[]): Promise<KeptAuditEntry[]> {
    return targets.length === 0
      ? Promise.resolve([])
      : this.#queries
          .select()
          .from(auditLog)
          .where(inArray(auditLog.target, [...targets]))
          .orderBy(auditLog.id);
  }

  /** Forgets at most `limit` entries from before `before`. Resolves with how many. */
  async forget(before: Date, limit: number): Promise<number> {
    const old = this.#queries
      .select({ id: auditLog.id })
      .from(auditLog)
      .where(lt(auditLog.createdAt, before))
      .limit(limit);
    const gone = await this.#queries
      .delete(auditLog)
      .where(inArray(auditLog.id, old))
      .returning({ id: auditLog.id });
    return gone.length;
  }

  async #write(): Promise<void> {
    if (this.#isWriting) {
      return;
    }
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MOST_AT_ONCE);
      try {
        await this.#queries.insert(auditLog).values(batch.map(({ entry }) => entry));
        for (const { kept } of batch) {
          kept();
        }
      } catch (error) {
        for (const { failed } of batch) {
          failed(error);
        }
      }
    }
    this.#isWriting = false;
  }
}

/** Ids grow with time: they are the place in the list by themselves. A cursor of another list has nothing after it. */
function lastId({ id }: Cursor): number {
  const last = Number(id);
  return Number.isSafeInteger(last) ? last : 0;
}
