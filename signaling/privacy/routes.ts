/** Personal data: everything of a learner in one document, erasing them or one session, and who did what. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { RecordingStatus } from '../api-types.ts';
import type { AuditLog, KeptAuditEntry } from '../data/audit-log.ts';
import type { Erasure } from '../data/erasure-records.ts';
import type { Records } from '../data/records.ts';
import { pageRequest } from '../page-request.ts';
import { ProblemError } from '../problems.ts';
import { idParameters } from '../schemas/common.ts';
import { auditEntry, auditPage, auditQuery, erasure, learnerExport } from '../schemas/privacy.ts';
import { answers, WITH, type Api } from '../routes/documentation.ts';
import type { Erasures } from './erasures.ts';
import { exportLearner } from './learner-export.ts';

export interface PrivacyRouteDependencies {
  records: Records & { audit: AuditLog };
  erasures: Erasures;
  recordingOf: (sessionId: string) => Promise<RecordingStatus | undefined>;
  now: () => Date;
}

const tags = ['Personal data'];
const ERASING =
  'From the database, recordings, checkpoints and caches; live calls are ended first. 202 where something could not be ' +
  'erased yet: it is tried again until it is. Again is fine, and tells what was erased.';
const LOGS = 'Ids, times and codes only: no names, no words.';

export function registerPrivacyRoutes(
  api: Api,
  { records, erasures, recordingOf, now }: PrivacyRouteDependencies,
): void {
  api.post(
    '/learners/:id/export',
    {
      config: { permission: 'learners:export' },
      schema: {
        ...{ tags, operationId: 'exportLearner', summary: 'Everything that is kept of a learner' },
        description:
          'Profile, sessions with transcripts and reports, recordings with addresses good for an hour, audit entries.',
        params: idParameters,
        response: answers({ 200: learnerExport }, WITH.token, WITH.body, 'LEARNER_UNKNOWN'),
      },
    },
    async ({ params: { id } }, reply) => {
      const found = await records.learners.find(id);
      if (found === undefined) {
        throw new ProblemError('LEARNER_UNKNOWN', 'They may have been erased.');
      }
      const parts = exportLearner(found, { records, recording: recordingOf, now });
      reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('content-disposition', `attachment; filename="${found.id}.json"`);
      // As a stream: a learner of many years does not fit into memory as one text.
      return reply.send(Readable.from(parts, { objectMode: false }) as never);
    },
  );

  api.delete(
    '/learners/:id',
    {
      config: { permission: 'learners:erase' },
      schema: {
        ...{ tags, operationId: 'eraseLearner', summary: 'Erase a learner everywhere' },
        description: ERASING,
        params: idParameters,
        response: answers(
          { 200: erasure, 202: erasure },
          ...[WITH.token, WITH.body, 'LEARNER_UNKNOWN' as const],
        ),
      },
    },
    async (request, reply) => {
      const { principal, id: requestId, params } = request;
      const done = await erasures.learner(params.id, { requestedBy: principal.id, requestId });
      return answer(request, reply, done);
    },
  );

  api.delete(
    '/sessions/:id/data',
    {
      config: { permission: 'session:erase', audit: 'session.erase' },
      schema: {
        ...{ tags, operationId: 'eraseSession', summary: 'Erase a session everywhere' },
        description: `By its learner, with the token that it was created with, or by an admin. ${ERASING}`,
        params: idParameters,
        response: answers(
          { 200: erasure, 202: erasure },
          ...[WITH.token, WITH.body, 'SESSION_UNKNOWN' as const],
        ),
      },
    },
    async (request, reply) => {
      const { principal, id: requestId, params } = request;
      const done = await erasures.session(params.id, { requestedBy: principal.id, requestId });
      return answer(request, reply, done);
    },
  );

  api.get(
    '/audit',
    {
      config: { permission: 'audit:read' },
      schema: {
        ...{ tags, operationId: 'listAudit', summary: 'Who did what, newest first' },
        querystring: auditQuery,
        response: answers({ 200: auditPage }, WITH.token),
      },
    },
    async ({ query: { actor, action, target, since, until, ...page } }) => {
      const filter = {
        ...{ actor, action, target },
        since: since === undefined ? undefined : new Date(since),
        until: until === undefined ? undefined : new Date(until),
      };
      const found = await records.audit.list(filter, pageRequest(page));
      return { ...found, items: found.items.map(entryOutside) };
    },
  );
}

function answer(
  request: { audited: { details?: Record<string, string | number | boolean> } },
  reply: FastifyReply,
  done: Erasure,
): FastifyReply {
  request.audited.details = { erasure: done.id, status: done.status };
  const body: z.output<typeof erasure> = {
    ...{ id: done.id, status: done.status, attempts: done.attempts, erased: done.steps },
    requestedAt: done.createdAt.toISOString(),
    doneAt: done.doneAt?.toISOString() ?? null,
    logs: LOGS,
  };
  return reply.code(done.status === 'done' ? 200 : 202).send(body);
}

const entryOutside = (kept: KeptAuditEntry): z.output<typeof auditEntry> => ({
  ...{ id: kept.id, actor: kept.actor, action: kept.action, target: kept.target },
  requestId: kept.requestId,
  details: kept.details as Record<string, unknown> | null,
  createdAt: kept.createdAt.toISOString(),
});
