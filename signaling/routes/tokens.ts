/** Room tokens. */
import { idParameters } from '../schemas/common.ts';
import { roomToken } from '../schemas/session.ts';
import type { AuditLog } from '../data/audit-log.ts';
import type { Sessions } from '../sessions.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface TokenRouteDependencies {
  sessions: Sessions;
  records: { audit: AuditLog };
  now: () => Date;
}

export function registerTokenRoutes(
  api: Api,
  { sessions, records, now }: TokenRouteDependencies,
): void {
  api.post(
    '/sessions/:id/token',
    {
      config: { permission: 'session:token' },
      schema: {
        ...{ tags: ['Tokens'], operationId: 'refreshToken', summary: 'A fresh token for the room' },
        description: 'Needs the current token; the page asks before it expires.',
        params: idParameters,
        response: answers(
          { 200: roomToken },
          ...[WITH.token, WITH.body, 'SESSION_UNKNOWN' as const, 'SESSION_ENDED' as const],
        ),
      },
    },
    async ({ params: { id } }) => sessions.refresh(await sessions.find(id)),
  );

  api.post(
    '/sessions/:id/observe',
    {
      config: { permission: 'session:observe' },
      schema: {
        ...{ tags: ['Tokens'], operationId: 'observeSession', summary: 'A token to watch a call' },
        description:
          'It opens the room to hear and see: nobody there sees the observer, who can publish nothing. It stands in the audit log.',
        params: idParameters,
        response: answers(
          { 200: roomToken },
          ...[WITH.token, WITH.body, 'SESSION_UNKNOWN' as const, 'SESSION_ENDED' as const],
        ),
      },
    },
    async (request) => {
      const session = await sessions.find(request.params.id);
      const token = await sessions.observe(session);
      await records.audit.add({
        ...{ actor: request.principal.id, action: 'session.observe', target: session.id },
        ...{ requestId: request.id, createdAt: now() },
      });
      return token;
    },
  );
}
