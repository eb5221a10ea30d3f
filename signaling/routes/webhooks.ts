/** Webhooks: where embedders want to be told of events, and what was told. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { DeliveryRecords } from '../data/delivery-records.ts';
import type { Webhook, WebhookDelivery, WebhookRecords } from '../data/webhook-records.ts';
import type { Idempotency } from '../idempotency.ts';
import { pageRequest } from '../page-request.ts';
import { ProblemError } from '../problems.ts';
import { idempotencyHeaders, idParameters, pageQuery } from '../schemas/common.ts';
import {
  changeWebhook,
  createdWebhook,
  createWebhook,
  webhook,
  webhookDelivery,
  webhookDeliveryPage,
  webhookPage,
} from '../schemas/webhook.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface WebhookRouteDependencies {
  records: { webhooks: WebhookRecords; deliveries: DeliveryRecords };
  idempotency: Idempotency;
  now: () => Date;
}

const tags = ['Webhooks'];
const SECRET_BYTES = 32;

export function registerWebhookRoutes(
  api: Api,
  { records: { webhooks, deliveries }, idempotency, now }: WebhookRouteDependencies,
): void {
  const known = (found: Webhook | undefined): Webhook => {
    if (found === undefined) {
      throw new ProblemError('WEBHOOK_UNKNOWN', 'GET /api/v1/webhooks lists them.');
    }
    return found;
  };

  api.post(
    '/webhooks',
    {
      config: { permission: 'webhooks:manage' },
      schema: {
        ...{ tags, operationId: 'createWebhook', summary: 'Be told of events' },
        description: 'The secret that signs what is told is given here and never again.',
        headers: idempotencyHeaders,
        body: createWebhook,
        response: answers({ 201: createdWebhook }, WITH.token, WITH.body, WITH.key),
      },
    },
    (request, reply) =>
      idempotency.answer(request, reply, WITHOUT_SECRET, async () => {
        const at = now();
        const made: Webhook = {
          ...request.body,
          events: [...new Set(request.body.events)],
          id: `hook_${randomBytes(10).toString('hex')}`,
          secret: `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`,
          createdBy: request.principal.id,
          createdAt: at,
          updatedAt: at,
          failingSince: null,
          stoppedBecause: null,
        };
        await webhooks.add(made);
        return { ...outside(made), secret: made.secret };
      }),
  );

  api.get(
    '/webhooks',
    {
      config: { permission: 'webhooks:manage' },
      schema: {
        ...{ tags, operationId: 'listWebhooks', summary: 'All webhooks, newest first' },
        querystring: pageQuery,
        response: answers({ 200: webhookPage }, WITH.token),
      },
    },
    async ({ query }) => {
      const found = await webhooks.list(pageRequest(query));
      return { ...found, items: found.items.map(outside) };
    },
  );

  api.get(
    '/webhooks/:id',
    {
      config: { permission: 'webhooks:manage' },
      schema: {
        ...{ tags, operationId: 'readWebhook', summary: 'One webhook, without its secret' },
        params: idParameters,
        response: answers({ 200: webhook }, WITH.token, 'WEBHOOK_UNKNOWN'),
      },
    },
    async ({ params: { id } }) => outside(known(await webhooks.find(id))),
  );

  api.patch(
    '/webhooks/:id',
    {
      config: { permission: 'webhooks:manage' },
      schema: {
        ...{ tags, operationId: 'changeWebhook', summary: 'Change what is given' },
        params: idParameters,
        body: changeWebhook,
        response: answers({ 200: webhook }, WITH.token, WITH.body, 'WEBHOOK_UNKNOWN'),
      },
    },
    async ({ params: { id }, body }) => {
      const { url, events, active, description } = body;
      const values = {
        ...(url === undefined ? {} : { url }),
        ...(events === undefined ? {} : { events: [...new Set(events)] }),
        ...(active === undefined ? {} : { active, failingSince: null, stoppedBecause: null }),
        ...(description === undefined ? {} : { description }),
      };
      return outside(known(await webhooks.change(id, values, now())));
    },
  );

  api.delete(
    '/webhooks/:id',
    {
      config: { permission: 'webhooks:manage' },
      schema: {
        ...{ tags, operationId: 'deleteWebhook', summary: 'Be told no more' },
        params: idParameters,
        response: answers({ 204: z.undefined() }, WITH.token, WITH.body, 'WEBHOOK_UNKNOWN'),
      },
    },
    async (request, reply) => {
      if (!(await webhooks.remove(request.params.id))) {
        known(undefined);
      }
      return reply.code(204).send(undefined);
    },
  );

  api.get(
    '/webhooks/:id/deliveries',
    {
      config: { permission: 'webhooks:manage' },
      schema: {
        ...{ tags, operationId: 'listWebhookDeliveries', summary: 'What was told, newest first' },
        params: idParameters,
        querystring: pageQuery,
        response: answers({ 200: webhookDeliveryPage }, WITH.token, 'WEBHOOK_UNKNOWN'),
      },
    },
    async ({ params: { id }, query }) => {
      known(await webhooks.find(id));
      const found = await webhooks.deliveries(id, pageRequest(query));
      return { ...found, items: found.items.map(deliveryOutside) };
    },
  );

  api.post(
    '/webhooks/:id/deliveries/:deliveryId/redeliver',
    {
      config: { permission: 'webhooks:manage' },
      schema: {
        ...{ tags, operationId: 'redeliverWebhook', summary: 'Tell it once more' },
        description: 'At once and under the same `webhook-id`, whatever became of it before.',
        params: idParameters.extend({ deliveryId: idParameters.shape.id }),
        response: answers(
          { 202: webhookDelivery },
          ...[WITH.token, WITH.body],
          ...(['WEBHOOK_UNKNOWN', 'WEBHOOK_DELIVERY_UNKNOWN', 'WEBHOOK_INACTIVE'] as const),
        ),
      },
    },
    async ({ params: { id, deliveryId } }, reply) => {
      if (!known(await webhooks.find(id)).active) {
        throw new ProblemError('WEBHOOK_INACTIVE', 'PATCH it with { "active": true } first.');
      }
      const again = await deliveries.again(id, deliveryId, now());
      if (again === undefined) {
        throw new ProblemError('WEBHOOK_DELIVERY_UNKNOWN', 'Its deliveries are listed.');
      }
      return reply.code(202).send(deliveryOutside(again));
    },
  );
}

const WITHOUT_SECRET = {
  status: 201,
  strip: ({ secret: _secret, ...rest }: z.output<typeof createdWebhook>): unknown => rest,
  restore: (kept: unknown) => ({ ...webhook.parse(kept), secret: null }),
};

const outside = (kept: Webhook): z.output<typeof webhook> => ({
  id: kept.id,
  url: kept.url,
  events: kept.events,
  active: kept.active,
  failingSince: kept.failingSince?.toISOString() ?? null,
  stoppedBecause: kept.stoppedBecause,
  description: kept.description,
  createdAt: kept.createdAt.toISOString(),
  updatedAt: kept.updatedAt.toISOString(),
});

const deliveryOutside = (kept: WebhookDelivery): z.output<typeof webhookDelivery> => ({
  id: kept.id,
  event: kept.event,
  sessionId: kept.sessionId,
  status: kept.status,
  attempts: kept.attempts,
  attemptedAt: kept.attemptedAt?.toISOString() ?? null,
  durationMs: kept.durationMs,
  responseStatus: kept.responseStatus,
  responseText: kept.responseText,
  failure: kept.failure,
  nextAttemptAt: kept.nextAttemptAt?.toISOString() ?? null,
  createdAt: kept.createdAt.toISOString(),
  deliveredAt: kept.deliveredAt?.toISOString() ?? null,
});
