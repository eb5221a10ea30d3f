/** Which of LiveKit's webhooks were taken, by whichever signaling process. */
import { eq, lt } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { livekitEvents } from './schema.ts';

export class LiveKitEventRecords {
  readonly #queries: Queries;

  constructor(queries: Queries) {
    this.#queries = queries;
  }

  /** False where it was taken before: by one caller of several at the same moment it is taken once. */
  async take(id: string, receivedAt: Date): Promise<boolean> {
    const taken = await this.#queries
      .insert(livekitEvents)
      .values({ id, receivedAt })
      .onConflictDoNothing()
      .returning({ id: livekitEvents.id });
    return taken.length > 0;
  }

  /** It could not be acted upon: it may come again. */
  async release(id: string): Promise<void> {
    await this.#queries.delete(livekitEvents).where(eq(livekitEvents.id, id));
  }

  async sweep(before: Date): Promise<void> {
    await this.#queries.delete(livekitEvents).where(lt(livekitEvents.receivedAt, before));
  }
}
