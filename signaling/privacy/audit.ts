/**
 * Writes down who changed what: after every request that may change something and was answered well. The entry is named
 * after the operation, so that a new route has one without asking for it: `createWebhook` becomes `webhook.create`.
 */
import type { FastifyRequest } from 'fastify';
import type { AuditEntry, AuditLog } from '../data/audit-log.ts';
import type { Api } from '../routes/documentation.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Another name than that of the operation; false where nothing is changed, or the route writes its own entry. */
    audit?: string | false;
  }
  interface FastifyRequest {
    /** What the entry about this request says beside its name; routes may add to it. */
    audited: { target: string | null; details?: NonNullable<AuditEntry['details']> };
  }
}

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** These know more than their address says, and write the entry themselves. */
const WRITTEN_BY_ROUTE = new Set([
  ...['createApiKey', 'rotateApiKey', 'revokeApiKey'],
  ...[
    'createScenario',
    'importScenario',
    'addScenarioVersion',
    'publishScenario',
    'archiveScenario',
  ],
  ...['createPerson', 'changePerson', 'resetPassword'],
  ...['signIn', 'signOut', 'changePassword'],
]);

/** These change nothing that is kept: a check, and what is said every few seconds. */
export const UNCHANGING = new Set(['validateScenario', 'hearAvatarWorker']);

/** `createApiKey` is `api-key.create`; undefined for a name without a verb and a noun. */
export function actionOf(operationId: string): string | undefined {
  const [, verb, noun] = /^([a-z]+)([A-Z]\w*)$/u.exec(operationId) ?? [];
  return verb === undefined || noun === undefined
    ? undefined
    : `${noun.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, '-').toLowerCase()}.${verb}`;
}

export function registerAudit(
  app: Api,
  { audit, now }: { audit: AuditLog; now: () => Date },
): void {
  app.decorateRequest('audited', null as unknown as FastifyRequest['audited']);
  app.addHook('onRequest', async (request) => {
    const { id } = request.params as { id?: string };
    request.audited = { target: id ?? null };
  });
  app.addHook('preSerialization', async (request, _reply, payload) => {
    const { id, sessionId } = (payload ?? {}) as { id?: unknown; sessionId?: unknown };
    const made = sessionId ?? id;
    // What is refused before it reached a route was not begun.
    const audited = request.audited as FastifyRequest['audited'] | null;
    if (audited?.target === null && typeof made === 'string') {
      audited.target = made;
    }
    return payload;
  });
  app.addHook('onSend', async (request, reply) => {
    // What is sent again changes nothing the second time.
    const isReplay = reply.getHeader('idempotency-replayed') !== undefined;
    const action = reply.statusCode >= 400 || isReplay ? undefined : nameOf(request);
    if (action === undefined) {
      return;
    }
    try {
      const { target, details } = request.audited;
      await audit.add({
        ...{ actor: request.principal.id, action, target, requestId: request.id },
        ...{ createdAt: now(), ...(details === undefined ? {} : { details }) },
      });
    } catch {
      // It is done, and cannot be undone: the log has what the table has not.
      request.log.error(
        { action, actor: request.principal.id },
        'an audit entry could not be kept',
      );
    }
  });
}

function nameOf(request: FastifyRequest): string | undefined {
  const { config, schema } = request.routeOptions;
  if (!UNSAFE.has(request.method) || config.permission === undefined || config.audit === false) {
    return undefined;
  }
  const { operationId = '' } = (schema ?? {}) as { operationId?: string };
  return WRITTEN_BY_ROUTE.has(operationId) || UNCHANGING.has(operationId)
    ? undefined
    : (config.audit ?? actionOf(operationId));
}
