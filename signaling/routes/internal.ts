/** What only our own processes ask for: not part of the public API. */
import { reportSchema } from '#agents/dispatch/report.ts';
import { z } from 'zod';
import { ProblemError } from '../problems.ts';
import { idParameters } from '../schemas/common.ts';
import type { Sessions } from '../sessions.ts';
import type { Api } from './documentation.ts';

export function registerInternalRoutes(api: Api, { sessions }: { sessions: Sessions }): void {
  // Only agent jobs come here, with a token that only the holder of the LiveKit secret can sign.
  api.put(
    '/sessions/:id/report',
    {
      config: { permission: 'report:deliver' },
      schema: {
        hide: true,
        params: idParameters,
        body: reportSchema,
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      if (request.body.sessionId !== request.params.id) {
        throw new ProblemError('BODY_INVALID', 'sessionId: differs from the address.');
      }
      await sessions.receiveReport(await sessions.find(request.params.id), request.body);
      return reply.code(204).send(undefined);
    },
  );
}
