/**
 * What is to be told to embedders. Triggers of the database write a delivery in the transaction of what it tells of
 * (migrations/0002_events.sql); any number of processes send them, each delivery by one at a time.
 */
import { and, eq, inArray, isNull, lt, ne, sql } from 'drizzle-orm';
import type { Seal } from '../privacy/key-ring.ts';
import type { PostOutcome } from '../webhooks/guarded-post.ts';
import type { Queries } from './database.ts';
import { webhookDeliveries, webhooks } from './schema.ts';
import { placeOf, SEALED_COLUMNS } from './sealed-rows.ts';
import type { Webhook, WebhookDelivery } from './webhook-records.ts';

/** One that is due, claimed by this process until its lease runs out. */
export interface DueDelivery {
  id: string;
  webhookId: string;
  url: string;
  secret: string;
  payload: unknown;
  /** The one to come counts. */
  attempts: number;
}

export interface Claim {
  now: Date;
  /** Who has not finished one by then is taken for dead, and it is sent again. */
  leaseMs: number;
  most: number;
  /** At most so many for one webhook. */
  mostEach: number;
  /** Webhooks that have enough to do. */
  busy: readonly string[];
}

const later = (now: Date, ms: number): Date => new Date(now.getTime() + ms);
const at = (moment: Date) => sql`${moment.toISOString()}::timestamptz`;

export class DeliveryRecords {
  readonly #queries: Queries;
  readonly #seal: Seal;

  constructor(queries: Queries, seal: Seal) {
    this.#queries = queries;
    this.#seal = seal;
  }

  /** No other process gets what one has got. Oldest first. */
  async claim({ now, leaseMs, most, mostEach, busy }: Claim): Promise<DueDelivery[]> {
    const others =
      busy.length === 0
        ? sql``
        : sql`and webhooks.id not in (${sql.join(
            busy.map((id) => sql`${id}`),
            sql`, `,
          )})`;
    const due = sql`(
      with due as materialized (
        select oldest.id from webhooks cross join lateral (
          select id, next_attempt_at from webhook_deliveries
          where webhook_id = webhooks.id and status = 'waiting' and next_attempt_at <= ${at(now)}
          order by next_attempt_at limit ${mostEach}::integer
          for update skip locked
        ) as oldest
        where webhooks.active ${others}
        order by oldest.next_attempt_at limit ${most}::integer
      ) select id from due)`;
    const claimed = await this.#queries
      .update(webhookDeliveries)
      .set({
        attempts: sql`${webhookDeliveries.attempts} + 1`,
        nextAttemptAt: later(now, leaseMs),
        attemptedAt: now,
      })
      .where(inArray(webhookDeliveries.id, due))
      .returning();
    if (claimed.length === 0) {
      return [];
    }
    const told = await this.#queries
      .select({ id: webhooks.id, url: webhooks.url, secret: webhooks.secret })
      .from(webhooks)
      .where(inArray(webhooks.id, [...new Set(claimed.map(({ webhookId }) => webhookId))]));
    const byId = new Map(told.map((webhook) => [webhook.id, webhook]));
    return claimed.flatMap(({ id, webhookId, payload, attempts }) => {
      const webhook = byId.get(webhookId);
      return webhook === undefined
        ? []
        : [{ id, webhookId, url: webhook.url, secret: this.#secret(webhook), payload, attempts }];
    });
  }

  /** Keeps what came of an attempt; where another process has claimed it since, nothing. */
  async finish(
    due: DueDelivery,
    outcome: PostOutcome,
    state: { status: WebhookDelivery['status']; nextAttemptAt: Date | null },
    now: Date,
  ): Promise<void> {
    const delivered = state.status === 'delivered';
    await this.#queries
      .update(webhookDeliveries)
      .set({
        ...state,
        deliveredAt: delivered ? now : null,
        durationMs: outcome.durationMs,
        responseStatus: outcome.status,
        responseText: outcome.text,
        failure: outcome.failure,
      })
      .where(
        and(
          eq(webhookDeliveries.id, due.id),
          eq(webhookDeliveries.attempts, due.attempts),
          eq(webhookDeliveries.status, 'waiting'),
        ),
      );
    await this.#queries
      .update(webhooks)
      .set({ failingSince: delivered ? null : now })
      .where(
        and(
          eq(webhooks.id, due.webhookId),
          delivered ? sql`${webhooks.failingSince} is not null` : isNull(webhooks.failingSince),
        ),
      );
  }

  /** Tells it nothing more, unless it has taken something since `failingSince`. True where that ends it. */
  async stop(
    webhookId: string,
    because: NonNullable<Webhook['stoppedBecause']>,
    failingSince: Date,
  ): Promise<boolean> {
    return this.#queries.transaction(async (transaction) => {
      const stopped = await transaction
        .update(webhooks)
        .set({ active: false, stoppedBecause: because })
        .where(
          and(
            eq(webhooks.id, webhookId),
            eq(webhooks.active, true),
            because === 'gone' ? undefined : lt(webhooks.failingSince, failingSince),
          ),
        )
        .returning({ id: webhooks.id });
      if (stopped.length === 0) {
        return false;
      }
      await transaction
        .update(webhookDeliveries)
        .set({ status: 'failed', nextAttemptAt: null })
        .where(
          and(eq(webhookDeliveries.webhookId, webhookId), eq(webhookDeliveries.status, 'waiting')),
        );
      return true;
    });
  }

  /** Sends it once more, from the first attempt on. Undefined where there is none. */
  async again(webhookId: string, id: string, now: Date): Promise<WebhookDelivery | undefined> {
    const [found] = await this.#queries
      .update(webhookDeliveries)
      .set({ status: 'waiting', attempts: 0, nextAttemptAt: now, deliveredAt: null })
      .where(and(eq(webhookDeliveries.id, id), eq(webhookDeliveries.webhookId, webhookId)))
      .returning();
    return found;
  }

  /** The session's room is there: that it was created may be told. */
  async sessionOpened(sessionId: string, now: Date): Promise<void> {
    await this.#queries
      .update(webhookDeliveries)
      .set({ nextAttemptAt: now })
      .where(
        and(
          eq(webhookDeliveries.sessionId, sessionId),
          eq(webhookDeliveries.status, 'waiting'),
          eq(webhookDeliveries.event, 'session.created'),
          eq(webhookDeliveries.attempts, 0),
        ),
      );
  }

  /** For what happens elsewhere than in the database. `more` holds ids and words of ours. */
  async tell(
    event: string,
    sessionId: string,
    more: Readonly<Record<string, string>>,
    now: Date,
  ): Promise<void> {
    await this.#queries.execute(
      sql`select tell_webhooks(${event}::text, ${sessionId}::text, ${JSON.stringify(more)}::jsonb, ${at(now)}, ${at(now)})`,
    );
  }

  /** Forgets what was told, or given up, before then. */
  async sweep(before: Date): Promise<void> {
    await this.#queries
      .delete(webhookDeliveries)
      .where(and(ne(webhookDeliveries.status, 'waiting'), lt(webhookDeliveries.createdAt, before)));
  }

  #secret({ id, secret }: Pick<Webhook, 'id' | 'secret'>): string {
    return this.#seal.open(secret, placeOf(SEALED_COLUMNS.webhookSecret, id));
  }
}
