/** What agent jobs ask for: their line, and the checkpoint of their session. Not part of the public API. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { AffinityError, type SessionAffinity } from '../affinity/session-affinity.ts';
import { ProblemError } from '../problems.ts';
import type { Api } from '../routes/documentation.ts';
import { idParameters } from '../schemas/common.ts';
import type { Failover } from './failover.ts';

/** The body of a line: a byte now and then, until the job is done. */
export const LINE_TYPE = 'application/x-understudy-line';

const text = z.string().max(200).default('');
const fence = z.coerce.number().int().min(1);
const lineQuery = z.object({ fence, worker: text, job: text, region: text, runtime: text });
const fencedQuery = z.object({ fence });
const handOverQuery = fencedQuery.extend({ lostAtMs: z.coerce.number().optional() });

export interface FailoverDependencies {
  failover: Failover;
  affinity: SessionAffinity;
}

/** To be registered before the routes whose deliveries are fenced: those whose address says `?fence=`. */
export function registerFailoverRoutes(
  api: Api,
  { failover, affinity }: FailoverDependencies,
): void {
  const lines = new Set<ServerResponse>();
  api.addContentTypeParser(LINE_TYPE, (_request, _payload, done) => {
    // Read from the request itself, while it lasts: there is no body to look at before.
    done(null, undefined);
  });
  api.addHook('preClose', async () => {
    await failover.close();
    for (const line of lines) {
      line.destroy();
    }
  });
  api.addHook('preHandler', async (request) => {
    const given = (request.query as { fence?: unknown }).fence;
    if (given === undefined) {
      return;
    }
    const { id } = request.params as { id: string };
    const number = fence.safeParse(given);
    if (!number.success || !(await failover.isOwner(id, number.data))) {
      throw stale();
    }
  });

  api.post(
    '/sessions/:id/line',
    {
      config: { permission: 'report:deliver' },
      schema: { hide: true, params: idParameters, querystring: lineQuery },
    },
    async (request, reply) => {
      const { fence: number, worker, job, region, runtime } = request.query;
      const line = randomUUID();
      const isHeld = await failover.open(request.params.id, number, {
        workerId: worker,
        jobId: job,
        region,
        gpuRuntime: runtime,
        line,
      });
      if (!isHeld) {
        throw stale();
      }
      hold(request, reply, line);
    },
  );

  function hold(request: FastifyRequest, reply: FastifyReply, line: string): void {
    const { id } = request.params as { id: string };
    reply.hijack();
    const answer = reply.raw;
    lines.add(answer);
    answer.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store' });
    answer.write('held\n');
    let isDone = false;
    request.raw
      .on('data', () => {
        void failover.beat(id, line).then((isOwner) => {
          if (!isOwner) {
            answer.end('stale\n');
          }
        });
      })
      .on('end', () => {
        isDone = true;
        answer.end();
      })
      .on('error', () => undefined);
    answer.on('error', () => undefined);
    answer.once('close', () => {
      lines.delete(answer);
      failover.lineClosed(id, line, isDone);
    });
  }

  // A job that has lost its room, since LiveKit was restarted, asks for it.
  api.post(
    '/sessions/:id/room',
    {
      config: { permission: 'report:deliver' },
      schema: { hide: true, params: idParameters, querystring: fencedQuery },
    },
    async ({ params, query }) => {
      try {
        return { kept: await failover.keepRoom(params.id, query.fence) };
      } catch (cause) {
        throw new ProblemError('LIVEKIT_UNREACHABLE', 'Try again in a moment.', {
          retryAfterS: 1,
          cause,
        });
      }
    },
  );

  api.post(
    '/sessions/:id/handover',
    {
      config: { permission: 'report:deliver' },
      schema: { hide: true, params: idParameters, querystring: handOverQuery },
    },
    async ({ params, query }) => ({
      handedOver: await failover.handOver(params.id, query.fence, query.lostAtMs),
    }),
  );

  api.put(
    '/sessions/:id/checkpoint',
    {
      config: { permission: 'report:deliver' },
      schema: {
        hide: true,
        params: idParameters,
        querystring: fencedQuery,
        body: z.looseObject({}),
        response: { 204: z.undefined() },
      },
    },
    async (request, reply) => {
      const { params, query, body } = request;
      if (!(await reached(affinity.keep(params.id, query.fence, JSON.stringify(body))))) {
        throw stale();
      }
      return reply.code(204).send(undefined);
    },
  );

  api.get(
    '/sessions/:id/checkpoint',
    {
      config: { permission: 'report:deliver' },
      schema: { hide: true, params: idParameters, querystring: fencedQuery },
    },
    async (request, reply) => {
      const kept = await reached(affinity.kept(request.params.id));
      return reply
        .type('application/json')
        .serializer((value) => value as string)
        .send(kept ?? 'null');
    },
  );
}

const stale = (): ProblemError =>
  new ProblemError('OWNER_STALE', 'Leave the room; another agent goes on.');

async function reached<Value>(answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof AffinityError) {
      throw new ProblemError('AFFINITY_UNREACHABLE', 'Try again in a moment.', {
        retryAfterS: 1,
        cause,
      });
    }
    throw cause;
  }
}
