/** API keys: made, listed, rotated, revoked. What a key opens is the Authority's to say. */
import { randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { hashOfKey, newKeySecret } from '../auth/api-key.ts';
import { mayGive } from '../auth/scopes.ts';
import type { Principal } from '../authority.ts';
import type { ApiKey, ApiKeyRecords } from '../data/api-key-records.ts';
import type { AuditLog } from '../data/audit-log.ts';
import type { Idempotency } from '../idempotency.ts';
import { pageRequest } from '../page-request.ts';
import { ProblemError } from '../problems.ts';
import {
  apiKey,
  apiKeyPage,
  createApiKey,
  createdApiKey,
  rotateApiKey,
} from '../schemas/api-key.ts';
import { idempotencyHeaders, idParameters, pageQuery } from '../schemas/common.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface ApiKeyRouteDependencies {
  records: { apiKeys: ApiKeyRecords; audit: AuditLog };
  idempotency: Idempotency;
  now: () => Date;
}

const tags = ['API keys'];
export function registerApiKeyRoutes(
  api: Api,
  { records: { apiKeys, audit }, idempotency, now }: ApiKeyRouteDependencies,
): void {
  const note = (request: FastifyRequest, action: string, target: string): Promise<void> =>
    audit.add({
      ...{ actor: request.principal.id, action: `api-key.${action}`, target },
      ...{ requestId: request.id, createdAt: now() },
    });
  const find = async (id: string): Promise<ApiKey> => {
    const found = await apiKeys.find(id);
    if (found === undefined) {
      throw new ProblemError('API_KEY_UNKNOWN', 'GET /api/v1/api-keys lists them.');
    }
    return found;
  };

  api.post(
    '/api-keys',
    {
      config: { permission: 'api-keys:manage' },
      schema: {
        ...{ tags, operationId: 'createApiKey', summary: 'Make a key' },
        description: 'The key is told here and never again.',
        headers: idempotencyHeaders,
        body: createApiKey,
        response: answers(
          { 201: createdApiKey },
          ...[WITH.token, WITH.body, WITH.key, 'SCOPE_BEYOND' as const],
        ),
      },
    },
    (request, reply) => {
      const { name, scopes, expiresAt } = request.body;
      const at = now();
      const ends = expiresAt === null ? null : new Date(expiresAt);
      if (ends !== null && ends <= at) {
        throw new ProblemError('BODY_INVALID', 'expiresAt: has passed.');
      }
      requireGivable(request.principal, scopes);
      return idempotency.answer(request, reply, WITHOUT_KEY, async () => {
        const made = newKey({ name, scopes, expiresAt: ends }, request.principal.id, at);
        await apiKeys.add(made.kept);
        await note(request, 'create', made.kept.id);
        return { ...outside(made.kept), key: made.key };
      });
    },
  );

  api.get(
    '/api-keys',
    {
      config: { permission: 'api-keys:manage' },
      schema: {
        ...{ tags, operationId: 'listApiKeys', summary: 'All keys, newest first' },
        querystring: pageQuery,
        response: answers({ 200: apiKeyPage }, WITH.token),
      },
    },
    async ({ query }) => {
      const found = await apiKeys.list(pageRequest(query));
      return { ...found, items: found.items.map(outside) };
    },
  );

  api.get(
    '/api-keys/:id',
    {
      config: { permission: 'api-keys:manage' },
      schema: {
        ...{ tags, operationId: 'readApiKey', summary: 'One key, without itself' },
        params: idParameters,
        response: answers({ 200: apiKey }, WITH.token, 'API_KEY_UNKNOWN'),
      },
    },
    async ({ params: { id } }) => outside(await find(id)),
  );

  api.post(
    '/api-keys/:id/rotate',
    {
      config: { permission: 'api-keys:manage' },
      schema: {
        ...{ tags, operationId: 'rotateApiKey', summary: 'A new key in its place' },
        params: idParameters,
        headers: idempotencyHeaders,
        body: rotateApiKey,
        response: answers(
          { 201: createdApiKey },
          ...[WITH.token, WITH.body, WITH.key],
          ...(['API_KEY_UNKNOWN', 'API_KEY_SPENT', 'SCOPE_BEYOND'] as const),
        ),
      },
    },
    (request, reply) =>
      idempotency.answer(request, reply, WITHOUT_KEY, async () => {
        const old = await find(request.params.id);
        requireGivable(request.principal, old.scopes);
        const at = now();
        const graceEnds = new Date(at.getTime() + request.body.graceSeconds * 1_000);
        // Grace never makes a key live longer than it would have.
        const ends =
          old.expiresAt !== null && old.expiresAt < graceEnds ? old.expiresAt : graceEnds;
        const next = newKey(old, request.principal.id, at);
        if (!(await apiKeys.rotate(old.id, next.kept, ends))) {
          throw new ProblemError('API_KEY_SPENT', 'Make a new one.');
        }
        await note(request, 'rotate', old.id);
        return { ...outside(next.kept), key: next.key };
      }),
  );

  api.delete(
    '/api-keys/:id',
    {
      config: { permission: 'api-keys:manage' },
      schema: {
        ...{ tags, operationId: 'revokeApiKey', summary: 'It opens nothing from now on' },
        params: idParameters,
        response: answers({ 204: z.undefined() }, WITH.token, WITH.body, 'API_KEY_UNKNOWN'),
      },
    },
    async (request, reply) => {
      const { id } = await find(request.params.id);
      await apiKeys.revoke(id, now());
      await note(request, 'revoke', id);
      return reply.code(204).send(undefined);
    },
  );
}

/** Throws ProblemError SCOPE_BEYOND. */
function requireGivable(principal: Principal, scopes: readonly string[]): void {
  const beyond = scopes.filter((scope) => !mayGive(principal, scope));
  if (beyond.length > 0) {
    throw new ProblemError('SCOPE_BEYOND', `It takes more than your role: ${beyond.join(', ')}.`);
  }
}

const WITHOUT_KEY = {
  status: 201,
  strip: ({ key: _key, ...rest }: z.output<typeof createdApiKey>): unknown => rest,
  restore: (kept: unknown) => ({ ...apiKey.parse(kept), key: null }),
};

function newKey(
  like: Pick<ApiKey, 'name' | 'scopes' | 'expiresAt'> & { family?: string },
  createdBy: string,
  createdAt: Date,
): { key: string; kept: ApiKey } {
  const id = `key_${randomBytes(10).toString('hex')}`;
  const key = newKeySecret();
  const { name, scopes, expiresAt, family = id } = like;
  const kept: ApiKey = {
    ...{ id, name, family, scopes, expiresAt, keyHash: hashOfKey(key), createdBy, createdAt },
    ...{ revokedAt: null, lastUsedAt: null, replacedBy: null },
  };
  return { key, kept };
}

const outside = (kept: ApiKey): z.output<typeof apiKey> => ({
  id: kept.id,
  name: kept.name,
  scopes: kept.scopes,
  createdAt: kept.createdAt.toISOString(),
  expiresAt: kept.expiresAt?.toISOString() ?? null,
  revokedAt: kept.revokedAt?.toISOString() ?? null,
  lastUsedAt: kept.lastUsedAt?.toISOString() ?? null,
  replacedBy: kept.replacedBy,
});
