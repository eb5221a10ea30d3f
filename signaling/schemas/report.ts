/** Reports and transcripts. */
import { reportSchema, transcriptTurnSchema } from '#agents/dispatch/report.ts';
import { z } from 'zod';
import { id, moment, pageOf, pageQuery } from './common.ts';

export const report = reportSchema.meta({ id: 'Report' });

export const pendingReport = z
  .object({ status: z.literal('pending') })
  .meta({ id: 'PendingReport' });
export const readyReport = z
  .object({ status: z.literal('ready'), report })
  .meta({ id: 'ReadyReport' });

export const reportHead = z
  .object({
    sessionId: z.string(),
    scenarioId: z.string(),
    learnerId: z.string().nullable(),
    status: z.enum(['scored', 'too_short']),
    score: z.number().int().min(0).max(100).nullable(),
    createdAt: moment,
  })
  .meta({ id: 'ReportHead' });
export const reportPage = pageOf(reportHead).meta({ id: 'ReportPage' });

export const reportQuery = pageQuery.extend({
  learnerId: id.optional(),
  scenarioId: id.optional(),
});

export const transcript = z
  .object({
    sessionId: z.string(),
    turns: z.array(transcriptTurnSchema).describe('Empty until the report is there'),
  })
  .meta({ id: 'Transcript' });
