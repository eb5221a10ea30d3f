/** Answers to requests with an idempotency key, kept so that the same request again gets the same answer. */
import { and, eq, isNull, lt } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { idempotencyKeys } from './schema.ts';
import { placeOf, SEALED_COLUMNS } from './sealed-rows.ts';
import type { Seal } from '../privacy/key-ring.ts';

export type Claim =
  /** The first request of this key: run it, then `finish` or `release`. */
  | { kind: 'first' }
  /** The first one runs still. */
  | { kind: 'running' }
  /** The key was used for another request. */
  | { kind: 'different' }
  | { kind: 'answered'; status: number; answer: unknown };

export interface StoredAnswer {
  status: number;
  answer: unknown;
  /** Whom or what it tells of: it goes when they go. */
  learnerId?: string | undefined;
  sessionId?: string | undefined;
  expiresAt: Date;
}

export class IdempotencyRecords {
  readonly #queries: Queries;
  readonly #seal: Seal;

  /** Answers are sealed: they hold names. */
  constructor(queries: Queries, seal: Seal) {
    this.#queries = queries;
    this.#seal = seal;
  }

  /** `runsUntil`: when a first request that never finished, with its process, stops counting as running. */
  async claim(id: string, requestHash: string, now: Date, runsUntil: Date): Promise<Claim> {
    await this.#queries
      .delete(idempotencyKeys)
      .where(and(eq(idempotencyKeys.id, id), lt(idempotencyKeys.expiresAt, now)));
    const [first] = await this.#queries
      .insert(idempotencyKeys)
      .values({ id, requestHash, createdAt: now, expiresAt: runsUntil })
      .onConflictDoNothing()
      .returning({ id: idempotencyKeys.id });
    if (first !== undefined) {
      return { kind: 'first' };
    }
    const [found] = await this.#queries
      .select()
      .from(idempotencyKeys)
      .where(eq(idempotencyKeys.id, id));
    if (found === undefined) {
      // It was released in between; the caller asks again.
      return { kind: 'running' };
    }
    if (found.requestHash !== requestHash) {
      return { kind: 'different' };
    }
    return found.status === null
      ? { kind: 'running' }
      : { kind: 'answered', status: found.status, answer: this.#opened(id, found.answer) };
  }

  async finish(id: string, stored: StoredAnswer): Promise<void> {
    const text = JSON.stringify(stored.answer ?? null);
    const answer = this.#seal.seal(text, placeOf(SEALED_COLUMNS.storedAnswer, id));
    await this.#queries
      .update(idempotencyKeys)
      .set({ ...stored, answer })
      .where(eq(idempotencyKeys.id, id));
  }

  /** The first request failed: the next one with this key is a first one. */
  async release(id: string): Promise<void> {
    await this.#queries
      .delete(idempotencyKeys)
      .where(and(eq(idempotencyKeys.id, id), isNull(idempotencyKeys.status)));
  }

  /** Forgets what has expired. */
  async sweep(now: Date): Promise<void> {
    await this.#queries.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, now));
  }

  /** Answers are objects: text is a sealed one. */
  #opened(id: string, stored: unknown): unknown {
    return typeof stored === 'string'
      ? JSON.parse(this.#seal.open(stored, placeOf(SEALED_COLUMNS.storedAnswer, id)))
      : stored;
  }
}
