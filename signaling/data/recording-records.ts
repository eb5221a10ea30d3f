/** What is known of recordings, beside their files: for lists and for erasing. */
import { eq, notInArray } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { recordings, sessions } from './schema.ts';

export type RecordingRow = Omit<typeof recordings.$inferSelect, 'createdAt' | 'updatedAt'>;

export class RecordingRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** Brings the table to what is in the folder. A recording whose session is unknown is left out. */
  async follow(found: readonly RecordingRow[], now: Date): Promise<void> {
    await this.#queries.transaction(async (transaction) => {
      const ids = found.map(({ sessionId }) => sessionId);
      await transaction
        .delete(recordings)
        .where(ids.length === 0 ? undefined : notInArray(recordings.sessionId, ids));
      const kept = await transaction.select().from(recordings);
      const before = new Map(kept.map((row) => [row.sessionId, row]));
      for (const row of found) {
        const { status, lengthMs, bytes } = row;
        const known = before.get(row.sessionId);
        if (known === undefined) {
          const [session] = await transaction
            .select({ id: sessions.id })
            .from(sessions)
            .where(eq(sessions.id, row.sessionId));
          if (session !== undefined) {
            await transaction
              .insert(recordings)
              .values({ ...row, createdAt: now, updatedAt: now })
              .onConflictDoNothing();
          }
        } else if (known.status !== status || known.bytes !== bytes) {
          await transaction
            .update(recordings)
            .set({ status, lengthMs, bytes, updatedAt: now })
            .where(eq(recordings.sessionId, row.sessionId));
        }
      }
    });
  }

  async find(sessionId: string): Promise<RecordingRow | undefined> {
    const { status, encrypted, startedAt, lengthMs, bytes } = recordings;
    const [found] = await this.#queries
      .select({ sessionId: recordings.sessionId, status, encrypted, startedAt, lengthMs, bytes })
      .from(recordings)
      .where(eq(recordings.sessionId, sessionId));
    return found;
  }
}
