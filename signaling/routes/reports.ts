/** Reports, and the transcripts that belong to them. */
import type { ReportRecords } from '../data/report-records.ts';
import { pageRequest } from '../page-request.ts';
import { idParameters } from '../schemas/common.ts';
import {
  pendingReport,
  readyReport,
  reportPage,
  reportQuery,
  transcript,
} from '../schemas/report.ts';
import type { Sessions } from '../sessions.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface ReportRouteDependencies {
  sessions: Sessions;
  records: { reports: ReportRecords };
}

export function registerReportRoutes(
  api: Api,
  { sessions, records }: ReportRouteDependencies,
): void {
  api.get(
    '/sessions/:id/report',
    {
      config: { permission: 'report:read' },
      schema: {
        ...{ tags: ['Reports'], operationId: 'readReport', summary: 'The report of a session' },
        description: '202 until the job has delivered it, some seconds after the call.',
        params: idParameters,
        response: answers(
          { 200: readyReport, 202: pendingReport },
          ...[WITH.token, 'SESSION_UNKNOWN' as const],
        ),
      },
    },
    async (request, reply) => {
      const answer = await sessions.report(await sessions.find(request.params.id));
      return answer.status === 'ready' ? answer : reply.code(202).send(answer);
    },
  );

  api.get(
    '/reports',
    {
      config: { permission: 'reports:list' },
      schema: {
        ...{ tags: ['Reports'], operationId: 'listReports', summary: 'All reports, newest first' },
        querystring: reportQuery,
        response: answers({ 200: reportPage }, WITH.token),
      },
    },
    async ({ query: { learnerId, scenarioId, ...page }, principal: { only } }) => {
      const filter = { learnerId, scenarioId, only };
      const found = await records.reports.list(filter, pageRequest(page));
      return {
        ...found,
        items: found.items.map((head) => ({ ...head, createdAt: head.createdAt.toISOString() })),
      };
    },
  );

  api.get(
    '/sessions/:id/transcript',
    {
      config: { permission: 'transcript:read' },
      schema: {
        ...{
          tags: ['Transcripts'],
          operationId: 'readTranscript',
          summary: 'Who said what, turn by turn',
        },
        params: idParameters,
        response: answers({ 200: transcript }, WITH.token, 'SESSION_UNKNOWN'),
      },
    },
    async ({ params: { id } }) => {
      const found = await sessions.find(id);
      return { sessionId: found.id, turns: await sessions.transcript(found) };
    },
  );
}
