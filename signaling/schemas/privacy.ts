/** Export, erasure, audit log. */
import { z } from 'zod';
import { reportSchema } from '#agents/dispatch/report.ts';
import { moment, pageOf, pageQuery } from './common.ts';
import { recordingStatus } from './recording.ts';

export const erasure = z
  .object({
    id: z.string(),
    status: z
      .enum(['done', 'waiting'])
      .describe('`waiting`: something could not be erased yet; it is tried again until it is'),
    requestedAt: moment,
    doneAt: moment.nullable(),
    attempts: z.number().int(),
    erased: z
      .array(
        z.object({
          where: z
            .string()
            .describe(
              '`sessions`, `reports`, `recordings`, `checkpoints`, `speech-cache` and so on',
            ),
          count: z.number().int(),
          code: z.string().nullable().describe('Why it is not all gone; null where it is'),
        }),
      )
      .describe('What was erased where'),
    logs: z.string().describe('What logs hold of them'),
  })
  .meta({ id: 'Erasure' });

export const auditEntry = z
  .object({
    id: z.number().int(),
    actor: z.string().describe('Who: a person, a key, `system`'),
    action: z.string().describe('What: `session.create`, `api-key.revoke`'),
    target: z.string().nullable().describe('To what: an id'),
    requestId: z.string().nullable(),
    details: z.record(z.string(), z.unknown()).nullable(),
    createdAt: moment,
  })
  .meta({ id: 'AuditEntry' });
export const auditPage = pageOf(auditEntry).meta({ id: 'AuditPage' });

/** No id or action of ours is longer. */
const name = z.string().min(1).max(128);
export const auditQuery = pageQuery.extend({
  actor: name.optional(),
  action: name.optional().describe('`session.create`, or `session` for all about sessions'),
  target: name.optional(),
  since: moment.optional(),
  until: moment.optional(),
});

export const learnerExport = z
  .object({
    exportedAt: moment,
    learner: z.object({
      ...{ id: z.string(), displayName: z.string(), externalId: z.string().nullable() },
      ...{ language: z.string().nullable(), createdBy: z.string() },
      ...{ createdAt: moment, updatedAt: moment },
      accounts: z
        .array(z.object({ id: z.string(), email: z.string(), role: z.string(), createdAt: moment }))
        .describe('By which they sign in'),
    }),
    sessions: z.array(
      z.looseObject({
        sessionId: z.string(),
        learnerName: z.string(),
        report: reportSchema.nullable(),
        recording: recordingStatus.nullable(),
      }),
    ),
    audit: z.array(z.looseObject({ actor: z.string(), action: z.string(), createdAt: moment })),
  })
  .meta({ id: 'LearnerExport' });
