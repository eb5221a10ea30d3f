/** The worker's HTTP API: who holds the LiveKit secret asks for avatars, lists them and sends them away. */
import { avatarRequestSchema, type AvatarSummary } from '#agents/dispatch/avatar-service.ts';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { TokenVerifier } from 'livekit-server-sdk';
import type { Avatars, Performing } from './avatars.ts';
import type { PerformanceFigures } from './performing-avatar.ts';
import { WORKER_PROBLEMS, WorkerProblem, type WorkerProblemCode } from './problems.ts';

export interface ApiPerformance extends Performing {
  readonly figures: PerformanceFigures;
}

export interface HttpApiOptions {
  avatars: Avatars<ApiPerformance>;
  keys: { apiKey: string; apiSecret: string };
  /** Busy share of the processors, 0..1. */
  cpu: () => number;
  /** An error that is nobody's fault but ours. */
  onFault: (error: unknown, requestId: string) => void;
}

export interface WorkerHealth {
  status: 'ok' | 'draining';
  active: number;
  capacity: number;
  /** active / capacity. */
  load: number;
  cpu: number;
}

export type ListedAvatar = AvatarSummary & { figures: PerformanceFigures };

const BODY_LIMIT_BYTES = 32_000;

export function buildHttpApi(options: HttpApiOptions): FastifyInstance {
  const { avatars, keys } = options;
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: () => crypto.randomUUID(),
    requestIdHeader: 'x-request-id',
  }) as unknown as FastifyInstance;
  const verifier = new TokenVerifier(keys.apiKey, keys.apiSecret);

  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onRequest', async (request) => {
    if (request.url.startsWith('/v1/')) {
      await authorise(verifier, request.headers.authorization);
    }
  });
  app.setErrorHandler((error: FastifyError | WorkerProblem, request, reply) => {
    if (error instanceof WorkerProblem) {
      if (error.retryAfterS !== undefined) {
        reply.header('retry-after', String(error.retryAfterS));
      }
      return problem(reply, request.id, error.code, error.message);
    }
    const status = error.statusCode ?? 500;
    if (status < 500) {
      return problem(reply, request.id, 'BODY_INVALID', error.message, status);
    }
    options.onFault(error, request.id);
    return problem(reply, request.id, 'INTERNAL', 'The log has the request id.');
  });
  app.setNotFoundHandler((request, reply) =>
    problem(reply, request.id, 'ROUTE_UNKNOWN', `${request.method} ${request.url.split('?')[0]!}`),
  );

  app.get('/health', async (_request, reply) => {
    const health: WorkerHealth = {
      status: avatars.draining ? 'draining' : 'ok',
      active: avatars.active,
      capacity: avatars.capacity,
      load: avatars.active / avatars.capacity,
      cpu: options.cpu(),
    };
    return reply.code(health.status === 'ok' ? 200 : 503).send(health);
  });

  app.post('/v1/avatars', async (request, reply) => {
    const parsed = avatarRequestSchema.safeParse(request.body);
    if (!parsed.success) {
      const detail = parsed.error.issues
        .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
        .join('; ');
      throw new WorkerProblem('BODY_INVALID', detail);
    }
    return reply.code(201).send(await avatars.enter(parsed.data));
  });

  app.get('/v1/avatars', async (): Promise<{ avatars: ListedAvatar[] }> => ({
    avatars: avatars.list().map(({ summary, figures }) => ({ ...summary, figures })),
  }));

  app.delete<{ Params: { id: string } }>('/v1/avatars/:id', async (request, reply) => {
    await avatars.remove(request.params.id);
    return reply.code(204).send();
  });

  return app;
}

async function authorise(verifier: TokenVerifier, header: string | undefined): Promise<void> {
  const token = /^Bearer (\S+)$/iu.exec(header ?? '')?.[1];
  if (token === undefined) {
    throw new WorkerProblem('TOKEN_MISSING', 'Send the header "Authorization: Bearer <token>".');
  }
  const claims = await verifier.verify(token).catch((cause: unknown) => {
    throw new WorkerProblem('TOKEN_INVALID', 'It is damaged, too old, or of another server.', {
      cause,
    });
  });
  // A token for one room may be in the hands of somebody in that room.
  if (claims.video?.roomAdmin !== true || (claims.video.room ?? '') !== '') {
    throw new WorkerProblem('TOKEN_INVALID', 'It needs the grant roomAdmin, for no room alone.');
  }
}

function problem(
  reply: FastifyReply,
  requestId: string,
  code: WorkerProblemCode,
  detail: string,
  status: number = WORKER_PROBLEMS[code].status,
): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send({
      type: `urn:understudy:problem:${code.toLowerCase().replaceAll('_', '-')}`,
      title: WORKER_PROBLEMS[code].title,
      status,
      code,
      detail,
      requestId,
    });
}
