/**
 * Sends what embedders are to be told. Any number of processes may run one: each claims what is due for a minute, and what
 * one of them has claimed and not finished goes to another. A receiver may hear of something twice and knows it by its
 * `webhook-id`; it hears of nothing never, unless it refuses for a day.
 */
import type { DeliveryRecords, DueDelivery } from '../data/delivery-records.ts';
import type { PostOutcome } from './guarded-post.ts';
import { verdictOn } from './retry-schedule.ts';
import { signedHeaders } from './standard-signature.ts';

export interface WebhookSenderOptions {
  deliveries: DeliveryRecords;
  post: (
    url: string,
    headers: Readonly<Record<string, string>>,
    body: string,
  ) => Promise<PostOutcome>;
  now?: () => Date;
  /** In [0, 1). */
  random?: () => number;
  /** No address is told: it may hold a secret. */
  onEvent?: (event: SenderEvent) => void;
}

export interface SenderEvent {
  what: 'given-up' | 'stopped' | 'trouble';
  webhookId?: string;
  deliveryId?: string;
  error?: unknown;
}

/** How often the database is asked for what is due. */
const LOOK_EVERY_MS = 1_000;
/** Deliveries that one process sends at the same time, and those of them to one webhook. */
const MOST = 16;
const MOST_EACH = 4;
/** Far longer than an attempt takes: whoever is not done by then has died. */
export const LEASE_MS = 60_000;
/** A webhook that took nothing for so long is told nothing more. */
export const STOP_AFTER_MS = 5 * 24 * 3_600_000;
/** The log of what was told. */
export const DELIVERIES_KEPT_MS = 30 * 24 * 3_600_000;

export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #now: () => Date;
  readonly #random: () => number;
  readonly #inFlight = new Map<string, number>();
  readonly #sending = new Set<Promise<void>>();
  #looking: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#random = options.random ?? Math.random;
  }

  /** Sends what is due, again and again, until `close`. */
  start(): void {
    this.#looking = this.#look()
      .catch((error: unknown) => {
        this.#options.onEvent?.({ what: 'trouble', error });
        return 0;
      })
      .then((claimed) => {
        if (!this.#closed) {
          this.#timer = setTimeout(
            () => {
              this.start();
            },
            // More may wait than there was room for.
            claimed > 0 && this.#sending.size < MOST ? 0 : LOOK_EVERY_MS,
          );
        }
      });
  }

  /** Claims nothing more, and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await Promise.all(this.#sending);
  }

  /** Sends all that is due now, and resolves when it is done. Resolves to how many attempts that took. */
  async sendDue(): Promise<number> {
    let attempts = 0;
    for (;;) {
      const claimed = await this.#look();
      await Promise.all(this.#sending);
      attempts += claimed;
      if (claimed === 0) {
        return attempts;
      }
    }
  }

  async #look(): Promise<number> {
    const most = MOST - this.#sending.size;
    if (most <= 0) {
      return 0;
    }
    const due = await this.#options.deliveries.claim({
      now: this.#now(),
      leaseMs: LEASE_MS,
      most,
      mostEach: MOST_EACH,
      busy: [...this.#inFlight.keys()],
    });
    for (const delivery of due) {
      this.#send(delivery);
    }
    return due.length;
  }

  #send(due: DueDelivery): void {
    const { webhookId, id } = due;
    this.#inFlight.set(webhookId, (this.#inFlight.get(webhookId) ?? 0) + 1);
    const sending = this.#attempt(due)
      .catch((error: unknown) => {
        // The lease runs out, and it is sent again.
        this.#options.onEvent?.({ what: 'trouble', webhookId, deliveryId: id, error });
      })
      .finally(() => {
        this.#sending.delete(sending);
        const left = (this.#inFlight.get(webhookId) ?? 1) - 1;
        if (left === 0) {
          this.#inFlight.delete(webhookId);
        } else {
          this.#inFlight.set(webhookId, left);
        }
      });
    this.#sending.add(sending);
  }

  async #attempt(due: DueDelivery): Promise<void> {
    const { deliveries, post, onEvent } = this.#options;
    const body = JSON.stringify(due.payload);
    const outcome = await post(
      due.url,
      {
        'content-type': 'application/json',
        'user-agent': 'Understudy-Webhooks/1',
        ...signedHeaders(due.secret, { id: due.id, at: this.#now(), body }),
      },
      body,
    );
    const now = this.#now();
    const verdict = verdictOn(outcome, due.attempts, this.#random());
    switch (verdict.kind) {
      case 'delivered':
        await deliveries.finish(due, outcome, { status: 'delivered', nextAttemptAt: null }, now);
        return;
      case 'retry': {
        const nextAttemptAt = new Date(now.getTime() + verdict.afterMs);
        await deliveries.finish(due, outcome, { status: 'waiting', nextAttemptAt }, now);
        return;
      }
      case 'given-up': {
        const { id: deliveryId, webhookId } = due;
        await deliveries.finish(due, outcome, { status: 'failed', nextAttemptAt: null }, now);
        onEvent?.({ what: 'given-up', webhookId, deliveryId });
        const longAgo = new Date(now.getTime() - STOP_AFTER_MS);
        if (await deliveries.stop(webhookId, verdict.gone ? 'gone' : 'failing', longAgo)) {
          onEvent?.({ what: 'stopped', webhookId });
        }
      }
    }
  }
}
