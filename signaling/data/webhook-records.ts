/** Where embedders want to be told of events, and what became of each telling. */
import { and, eq } from 'drizzle-orm';
import type { Queries } from './database.ts';
import { after, newestFirst, pageOf, type Page, type PageRequest } from './paging.ts';
import { webhookDeliveries, webhooks } from './schema.ts';
import { placeOf, SEALED_COLUMNS } from './sealed-rows.ts';
import type { Seal } from '../privacy/key-ring.ts';

export type Webhook = typeof webhooks.$inferSelect;
export type WebhookDelivery = typeof webhookDeliveries.$inferSelect;

const SECRET = SEALED_COLUMNS.webhookSecret;
const KEY = { createdAt: webhooks.createdAt, id: webhooks.id };
const DELIVERY_KEY = { createdAt: webhookDeliveries.createdAt, id: webhookDeliveries.id };

export class WebhookRecords {
  readonly #queries: Queries;
  readonly #seal: Seal;

  /** Secrets are sealed. */
  constructor(queries: Queries, seal: Seal) {
    this.#queries = queries;
    this.#seal = seal;
  }

  async add(webhook: Webhook): Promise<void> {
    const secret = this.#seal.seal(webhook.secret, placeOf(SECRET, webhook.id));
    await this.#queries.insert(webhooks).values({ ...webhook, secret });
  }

  async find(id: string): Promise<Webhook | undefined> {
    const [found] = await this.#queries.select().from(webhooks).where(eq(webhooks.id, id));
    return found === undefined ? undefined : this.#opened(found);
  }

  async list(page: PageRequest): Promise<Page<Webhook>> {
    const rows = await this.#queries
      .select()
      .from(webhooks)
      .where(after(KEY, page))
      .orderBy(...newestFirst(KEY))
      .limit(page.limit + 1);
    return pageOf(
      rows,
      page,
      (row) => row,
      (row) => this.#opened(row),
    );
  }

  /** Undefined where there is none. */
  async change(
    id: string,
    values: Partial<Omit<Webhook, 'id' | 'secret' | 'createdBy' | 'createdAt' | 'updatedAt'>>,
    updatedAt: Date,
  ): Promise<Webhook | undefined> {
    const [changed] = await this.#queries
      .update(webhooks)
      .set({ ...values, updatedAt })
      .where(eq(webhooks.id, id))
      .returning();
    return changed === undefined ? undefined : this.#opened(changed);
  }

  /** Its deliveries go with it. False where there is none. */
  async remove(id: string): Promise<boolean> {
    const removed = await this.#queries
      .delete(webhooks)
      .where(eq(webhooks.id, id))
      .returning({ id: webhooks.id });
    return removed.length > 0;
  }

  async addDelivery(delivery: WebhookDelivery): Promise<void> {
    await this.#queries.insert(webhookDeliveries).values(delivery);
  }

  async deliveries(webhookId: string, page: PageRequest): Promise<Page<WebhookDelivery>> {
    const rows = await this.#queries
      .select()
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.webhookId, webhookId), after(DELIVERY_KEY, page)))
      .orderBy(...newestFirst(DELIVERY_KEY))
      .limit(page.limit + 1);
    return pageOf(
      rows,
      page,
      (row) => row,
      (row) => row,
    );
  }

  #opened(stored: Webhook): Webhook {
    const secret = this.#seal.open(stored.secret, placeOf(SECRET, stored.id));
    return { ...stored, secret };
  }
}
