/** Webhooks and what was told through them. */
import { z } from 'zod';
import { label, moment, pageOf } from './common.ts';

/** What embedders can be told of. */
export const WEBHOOK_EVENTS = [
  'session.created',
  'session.ended',
  'session.failed',
  'participant.joined',
  'participant.left',
  'report.ready',
  'recording.ready',
  'recording.failed',
] as const;

const written = {
  url: z.url({ protocol: /^https?$/u }).max(2_000),
  events: z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(WEBHOOK_EVENTS.length),
  active: z.boolean(),
  description: label(200).nullable(),
};

export const createWebhook = z
  .strictObject({
    ...written,
    active: written.active.default(true),
    description: written.description.default(null),
  })
  .meta({ id: 'CreateWebhook' });
export const changeWebhook = z.strictObject(written).partial().meta({ id: 'ChangeWebhook' });

const shape = {
  id: z.string(),
  url: z.string(),
  events: z.array(z.string()),
  active: z.boolean(),
  failingSince: moment.nullable().describe('Nothing was taken since then'),
  stoppedBecause: z
    .enum(['gone', 'failing'])
    .nullable()
    .describe('`gone`: it answered 410; `failing`: it took nothing for five days'),
  description: z.string().nullable(),
  createdAt: moment,
  updatedAt: moment,
};

export const webhook = z.object(shape).meta({ id: 'Webhook' });
export const webhookPage = pageOf(webhook).meta({ id: 'WebhookPage' });
export const createdWebhook = z
  .object({
    ...shape,
    secret: z
      .string()
      .nullable()
      .describe('Signs what is told; told once, null where the answer is repeated'),
  })
  .meta({ id: 'CreatedWebhook' });

export const webhookDelivery = z
  .object({
    id: z.string(),
    event: z.string(),
    sessionId: z.string().nullable(),
    status: z.enum(['waiting', 'delivered', 'failed']),
    attempts: z.number().int(),
    attemptedAt: moment.nullable().describe('The last attempt, which the next four tell of'),
    durationMs: z.number().int().nullable(),
    responseStatus: z.number().int().nullable(),
    responseText: z.string().nullable().describe('The first 1,024 bytes'),
    failure: z
      .string()
      .nullable()
      .describe(
        '`STATUS`, `REDIRECTED`, `TIMED_OUT`, `ADDRESS_PRIVATE`, `NAME_UNKNOWN`, `CERTIFICATE_REFUSED` or `UNREACHABLE`',
      ),
    nextAttemptAt: moment.nullable(),
    createdAt: moment,
    deliveredAt: moment.nullable(),
  })
  .meta({ id: 'WebhookDelivery' });
export const webhookDeliveryPage = pageOf(webhookDelivery).meta({ id: 'WebhookDeliveryPage' });
