/** API keys: only their hashes are kept. */
import { and, eq, isNull } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { apiKeys } from './schema.ts';

export type ApiKey = typeof apiKeys.$inferSelect;

const KEY = { createdAt: apiKeys.createdAt, id: apiKeys.id };

export class ApiKeyRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  async add(key: ApiKey): Promise<void> {
    await this.#queries.insert(apiKeys).values(key);
  }

  async find(id: string): Promise<ApiKey | undefined> {
    const [found] = await this.#queries.select().from(apiKeys).where(eq(apiKeys.id, id));
    return found;
  }

  async findByHash(keyHash: string): Promise<ApiKey | undefined> {
    const [found] = await this.#queries.select().from(apiKeys).where(eq(apiKeys.keyHash, keyHash));
    return found;
  }

  async list(page: PageRequest): Promise<Page<ApiKey>> {
    const rows = await this.#queries
      .select()
      .from(apiKeys)
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

  async used(id: string, at: Date): Promise<void> {
    await this.#queries.update(apiKeys).set({ lastUsedAt: at }).where(eq(apiKeys.id, id));
  }

  /** Revoking a revoked key changes nothing. */
  async revoke(id: string, at: Date): Promise<void> {
    await this.#queries
      .update(apiKeys)
      .set({ revokedAt: at })
      .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)));
  }

  /** Puts `next` in its place, which ends at `endsAt`. False where it has been revoked or replaced meanwhile. */
  rotate(id: string, next: ApiKey, endsAt: Date): Promise<boolean> {
    return this.#queries.transaction(async (transaction) => {
      await transaction.insert(apiKeys).values(next);
      const replaced = await transaction
        .update(apiKeys)
        .set({ replacedBy: next.id, expiresAt: endsAt })
        .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt), isNull(apiKeys.replacedBy)))
        .returning({ id: apiKeys.id });
      if (replaced.length === 0) {
        await transaction.delete(apiKeys).where(eq(apiKeys.id, next.id));
        return false;
      }
      return true;
    });
  }
}
