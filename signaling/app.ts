/** Builds the HTTP server: routes, errors as problem details, the page and the faces as static files. */
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from './api-types.ts';
import { PROBLEMS, ProblemError, type ProblemCode } from './problems.ts';
import { registerRoutes, type RouteDependencies } from './routes.ts';

export interface AppOptions extends RouteDependencies {
  /** Folder of the built page; absent while only the API is wanted. */
  webRoot?: string;
  /** Folder of face packs, for their portraits. */
  facesRoot?: string;
  https?: { key: string; cert: string };
  logLevel?: string;
  /** Addresses of the proxy before it, with commas: its forwarded headers are believed, nobody else's. */
  trustProxy?: string;
}

/** A report of an hour's call is below 300 kB; nothing else is near. */
const BODY_LIMIT_BYTES = 1_000_000;

export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    genReqId: () => crypto.randomUUID(),
    requestIdHeader: 'x-request-id',
    trustProxy: options.trustProxy ?? false,
    logger: options.logLevel === undefined ? false : { level: options.logLevel },
    ...(options.https === undefined ? {} : { https: options.https }),
  }) as unknown as FastifyInstance;

  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
  });
  app.setErrorHandler((error: FastifyError | ProblemError, request, reply) => {
    if (error instanceof ProblemError) {
      if (error.retryAfterS !== undefined) {
        reply.header('retry-after', String(error.retryAfterS));
      }
      return problem(reply, request.id, error.code, error.message);
    }
    const status = error.statusCode ?? 500;
    if (status < 500) {
      return problem(reply, request.id, 'BODY_INVALID', error.message, status);
    }
    request.log.error({ err: error }, 'request failed');
    return problem(reply, request.id, 'INTERNAL', 'The log has the request id.');
  });

  registerRoutes(app, options);
  await serveFiles(app, options);
  return app;
}

async function serveFiles(app: FastifyInstance, options: AppOptions): Promise<void> {
  const hasWeb = options.webRoot !== undefined && existsSync(join(options.webRoot, 'index.html'));
  if (options.facesRoot !== undefined) {
    await app.register(fastifyStatic, {
      root: options.facesRoot,
      prefix: '/faces/',
      decorateReply: false,
      allowedPath: (path) => path.endsWith('/portrait.jpg'),
      maxAge: '1h',
    });
  }
  if (hasWeb) {
    await app.register(fastifyStatic, {
      root: options.webRoot!,
      prefix: '/',
      setHeaders: (reply, path) => {
        // Built assets carry a hash in their name; the document that names them must stay fresh.
        const immutable = path.includes('/assets/');
        reply.header(
          'cache-control',
          immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
        );
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage =
      request.method === 'GET' && (request.headers.accept ?? '').includes('text/html');
    if (hasWeb && wantsPage && !request.url.startsWith('/api/')) {
      // The page routes by itself: every address that is not a file is the page.
      return reply.header('cache-control', 'no-cache').sendFile('index.html');
    }
    return problem(
      reply,
      request.id,
      'ROUTE_UNKNOWN',
      `${request.method} ${request.url.split('?')[0] ?? ''}`,
    );
  });
}

function problem(
  reply: FastifyReply,
  requestId: string,
  code: ProblemCode,
  detail: string,
  status: number = PROBLEMS[code].status,
): FastifyReply {
  const body: Problem = {
    type: `urn:understudy:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: PROBLEMS[code].title,
    status,
    code,
    detail,
    requestId,
  };
  return reply.code(status).type('application/problem+json').send(body);
}
