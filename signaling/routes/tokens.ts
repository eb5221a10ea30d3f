/** Room tokens. */
import { idParameters } from '../schemas/common.ts';
import { roomToken } from '../schemas/session.ts';
import type { Sessions } from '../sessions.ts';
import { answers, WITH, type Api } from './documentation.ts';

export function registerTokenRoutes(api: Api, { sessions }: { sessions: Sessions }): void {
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
}
