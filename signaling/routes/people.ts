/** People who sign in: made, listed, changed, given passwords. For admins. */
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Door } from '../auth/door.ts';
import type { AuditEntry, AuditLog } from '../data/audit-log.ts';
import type { PeopleRecords, Person } from '../data/people-records.ts';
import type { Idempotency } from '../idempotency.ts';
import { pageRequest } from '../page-request.ts';
import { idempotencyHeaders, idParameters, pageQuery } from '../schemas/common.ts';
import {
  changePerson,
  createdPerson,
  createPerson,
  person as personSchema,
  personPage,
  resetPassword,
} from '../schemas/person.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface PeopleRouteDependencies {
  door: Door;
  records: { people: PeopleRecords; audit: AuditLog };
  idempotency: Idempotency;
  now: () => Date;
}

const tags = ['People'];

export function registerPeopleRoutes(
  api: Api,
  { door, records, idempotency, now }: PeopleRouteDependencies,
): void {
  const note = (
    request: FastifyRequest,
    action: string,
    target: string,
    details?: AuditEntry['details'],
  ): Promise<void> =>
    records.audit.add({
      ...{ actor: request.principal.id, action: `person.${action}`, target },
      ...{ requestId: request.id, createdAt: now(), ...(details === undefined ? {} : { details }) },
    });

  api.post(
    '/people',
    {
      config: { permission: 'people:manage' },
      schema: {
        ...{ tags, operationId: 'createPerson', summary: 'Make an account' },
        description: 'A password that was made up is told here and never again.',
        headers: idempotencyHeaders,
        body: createPerson,
        response: answers(
          { 201: createdPerson },
          ...[WITH.token, WITH.body, WITH.key, 'PERSON_EXISTS' as const],
        ),
      },
    },
    (request, reply) =>
      idempotency.answer(request, reply, WITHOUT_PASSWORD, async () => {
        const { person, password } = await door.people.create(request.body);
        await note(request, 'create', person.id, { role: person.role });
        return { ...outside(person), password };
      }),
  );

  api.get(
    '/people',
    {
      config: { permission: 'people:manage' },
      schema: {
        ...{ tags, operationId: 'listPeople', summary: 'All accounts, newest first' },
        querystring: pageQuery,
        response: answers({ 200: personPage }, WITH.token),
      },
    },
    async ({ query }) => {
      const found = await records.people.list(pageRequest(query));
      return { ...found, items: found.items.map(outside) };
    },
  );

  api.get(
    '/people/:id',
    {
      config: { permission: 'people:manage' },
      schema: {
        ...{ tags, operationId: 'readPerson', summary: 'One account' },
        params: idParameters,
        response: answers({ 200: personSchema }, WITH.token, 'PERSON_UNKNOWN'),
      },
    },
    async ({ params: { id } }) => outside(await door.people.find(id)),
  );

  api.patch(
    '/people/:id',
    {
      config: { permission: 'people:manage' },
      schema: {
        ...{ tags, operationId: 'changePerson', summary: 'Another role or name; disable, enable' },
        description: 'Another role, and being disabled, sign the person out everywhere.',
        params: idParameters,
        body: changePerson,
        response: answers(
          { 200: personSchema },
          ...[WITH.token, WITH.body, 'PERSON_UNKNOWN' as const, 'LAST_ADMIN' as const],
        ),
      },
    },
    async (request) => {
      const { role, disabled } = request.body;
      const changed = await door.people.change(request.params.id, request.body);
      await note(request, 'change', changed.id, {
        ...(role === undefined ? {} : { role }),
        ...(disabled === undefined ? {} : { disabled }),
      });
      return outside(changed);
    },
  );

  api.post(
    '/people/:id/reset-password',
    {
      config: { permission: 'people:manage' },
      schema: {
        ...{ tags, operationId: 'resetPassword', summary: 'A new password, told once' },
        params: idParameters,
        response: answers({ 200: resetPassword }, WITH.token, WITH.body, 'PERSON_UNKNOWN'),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const password = await door.people.resetPassword(id);
      await note(request, 'reset-password', id);
      return reply.header('cache-control', 'no-store').send({ password });
    },
  );
}

const WITHOUT_PASSWORD = {
  status: 201,
  strip: ({ password: _password, ...rest }: z.output<typeof createdPerson>): unknown => rest,
  restore: (kept: unknown) => ({ ...personSchema.parse(kept), password: null }),
};

const outside = (kept: Person): z.output<typeof personSchema> => ({
  id: kept.id,
  email: kept.email,
  displayName: kept.displayName,
  role: kept.role,
  learnerId: kept.learnerId,
  hasPassword: kept.passwordHash !== null,
  hasProvider: kept.subject !== null,
  createdAt: kept.createdAt.toISOString(),
  updatedAt: kept.updatedAt.toISOString(),
  disabledAt: kept.disabledAt?.toISOString() ?? null,
});
