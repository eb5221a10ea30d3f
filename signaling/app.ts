/** Builds the HTTP server: routes, errors as problem details, the page and the faces as static files. */
import fastifyCookie from '@fastify/cookie';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from './api-types.ts';
import { asDatabaseError } from './data/database-error.ts';
import { addressOfToday } from './old-addresses.ts';
import { answerNoRequest } from './no-request.ts';
import { registerOpenApi } from './open-api.ts';
import { loggedError } from './privacy/logged-error.ts';
import { DataKeyError } from './privacy/data-key-error.ts';
import { PROBLEMS, ProblemError, type ProblemCode } from './problems.ts';
import { registerApi, type ApiDependencies } from './routes/api.ts';
import type { Api } from './routes/documentation.ts';
import { refuseUnkeepable } from './unkeepable-text.ts';

export interface AppOptions extends ApiDependencies {
  /** Folder of the built page; absent while only the API is wanted. */
  webRoot?: string;
  /** Folder of face packs, for their portraits. */
  facesRoot?: string;
  https?: { key: string; cert: string };
  logLevel?: string;
  /** Takes the lines of the log; stdout when absent. */
  logStream?: { write: (line: string) => void };
  /** Addresses of the proxy before it, with commas: its forwarded headers are believed, nobody else's. */
  trustProxy?: string;
}

/** A report of an hour's call is below 300 kB; nothing else is near. */
const BODY_LIMIT_BYTES = 1_000_000;
/** No id or name of ours is longer. */
const PARAMETER_LIMIT = 200;
/** What comes as a request id from a proxy is kept where it can stand in a log line and a header. */
const REQUEST_ID = /^[\w.-]{8,80}$/u;
const DATABASE_RETRY_S = 5;

/** What Fastify itself refuses. */
const FASTIFY_CODES: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNKNOWN',
  FST_ERR_BAD_URL: 'REQUEST_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'REQUEST_INVALID',
};

export async function buildApp(options: AppOptions): Promise<Api> {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: PARAMETER_LIMIT },
    requestIdHeader: false,
    trustProxy: options.trustProxy ?? false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : crypto.randomUUID();
    },
    rewriteUrl: ({ url = '/' }) => addressOfToday(url),
    clientErrorHandler: answerNoRequest,
    frameworkErrors: (error, request, reply) => {
      answerError(error, request, reply);
    },
    logger:
      options.logLevel === undefined
        ? false
        : {
            level: options.logLevel,
            ...(options.logStream === undefined ? {} : { stream: options.logStream }),
            // The query holds tickets.
            serializers: {
              err: (error: unknown) => loggedError(error),
              error: (error: unknown) => loggedError(error),
              req: ({ method, url }: { method: string; url: string }) => ({
                method,
                url: url.split('?')[0] ?? '',
              }),
            },
          },
    ...(options.https === undefined ? {} : { https: options.https }),
  }).withTypeProvider<ZodTypeProvider>() as unknown as Api;

  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    if (request.originalUrl !== request.url) {
      reply.header('deprecation', 'true');
    }
  });
  app.addHook('preValidation', async (request) => {
    refuseUnkeepable(request);
  });
  app.setErrorHandler(answerError);

  await app.register(fastifyCookie);
  await registerOpenApi(app);
  await registerApi(app, options);
  await serveFiles(app, options);
  return app;
}

function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof ProblemError) {
    if (error.retryAfterS !== undefined) {
      reply.header('retry-after', String(error.retryAfterS));
    }
    if (PROBLEMS[error.code].status >= 500) {
      request.log.warn({ code: error.code, err: error.cause }, 'request refused');
    }
    return problem(reply, request.id, error.code, error.message, error.problems);
  }
  const database = asDatabaseError(error);
  if (database !== undefined) {
    request.log.error({ code: database.code }, database.message);
    if (database.code === 'DATABASE_UNREACHABLE') {
      reply.header('retry-after', String(DATABASE_RETRY_S));
      return problem(reply, request.id, 'DATABASE_UNREACHABLE', 'Try again in a moment.');
    }
    return problem(reply, request.id, 'INTERNAL', 'The log has the request id.');
  }
  if (error instanceof DataKeyError) {
    request.log.error({ code: error.code }, error.message);
    return problem(reply, request.id, 'DATA_UNREADABLE', 'The log has the request id.');
  }
  const { code, statusCode = 500, validation, validationContext, message } = error as FastifyError;
  if (validation !== undefined) {
    const inBody = validationContext === 'body';
    const detail = validation
      .map(({ instancePath, message: wrong }) => {
        const path = instancePath.replace(/^\//u, '').replaceAll('/', '.');
        return `${path || (inBody ? 'body' : (validationContext ?? 'request'))}: ${wrong ?? 'is not valid'}`;
      })
      .join('; ');
    return problem(reply, request.id, inBody ? 'BODY_INVALID' : 'REQUEST_INVALID', detail);
  }
  if (statusCode < 500) {
    return problem(reply, request.id, FASTIFY_CODES[code] ?? 'BODY_INVALID', message);
  }
  request.log.error({ err: error }, 'request failed');
  return problem(reply, request.id, 'INTERNAL', 'The log has the request id.');
}

async function serveFiles(app: Api, options: AppOptions): Promise<void> {
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
  problems?: readonly string[],
): FastifyReply {
  const { title, status } = PROBLEMS[code];
  const body: Problem = {
    type: `urn:understudy:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    ...{ title, status, code, detail, requestId },
    ...(problems === undefined ? {} : { problems: [...problems] }),
  };
  // Written here: routes describe their own answers, and not every route those of Fastify itself.
  return reply
    .code(status)
    .type('application/problem+json')
    .serializer((value) => value as string)
    .send(JSON.stringify(body));
}
