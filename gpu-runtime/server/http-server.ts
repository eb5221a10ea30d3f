/** Serves an inference service over HTTP, as the Open Inference Protocol has it. */
import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { systemClock, type Clock } from '#media/clock.ts';
import { RuntimeError, asRuntimeError } from '../errors.ts';
import type { InferenceService } from '../ports.ts';
import {
  HEADER_LENGTH,
  decodeHttpRequest,
  encodeHttpResponse,
  httpHealth,
  httpModelMetadata,
  httpServerMetadata,
  httpStatistics,
} from '../protocol/http-codec.ts';
import { CONTENT_TYPE as METRICS_TYPE } from '../metrics/prometheus.ts';
import { MAX_MESSAGE_BYTES } from '../protocol/limits.ts';
import { WIRE_STATUS, wireMessage } from '../protocol/wire-errors.ts';

export interface HttpInferenceServerOptions {
  /** Stays its owner's: closing the server does not close it. */
  service: InferenceService;
  host?: string;
  /** 0: any that is free. */
  port?: number;
  clock?: Clock;
  /** Requests that still run when the server closes may take this long. */
  graceMs?: number;
  maxBodyBytes?: number;
  /** The text of `/metrics`; nothing is there when absent. */
  metrics?: () => string;
}

interface ModelRoute {
  Params: { name: string; version?: string };
}

/** A live request takes no longer than a few hundred milliseconds. */
const GRACE_MS = 2_000;
/** A body that has not arrived by then never will: 65 MiB at 20 Mbit/s take 27 s. */
const REQUEST_TIMEOUT_MS = 30_000;

const UNPACK: Readonly<
  Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>>
> = { gzip: promisify(gunzip), deflate: promisify(inflate) };

export class HttpInferenceServer {
  readonly #options: HttpInferenceServerOptions;
  readonly #app: FastifyInstance;
  readonly #maxBodyBytes: number;
  #closing: Promise<void> | undefined;

  constructor(options: HttpInferenceServerOptions) {
    this.#options = options;
    this.#maxBodyBytes = options.maxBodyBytes ?? MAX_MESSAGE_BYTES;
    this.#app = fastify({
      bodyLimit: this.#maxBodyBytes,
      logger: false,
      forceCloseConnections: 'idle',
      requestTimeout: REQUEST_TIMEOUT_MS,
      frameworkErrors: (error, _request, reply) => {
        sendFastifyError(reply as FastifyReply, error);
      },
    }) as unknown as FastifyInstance;
    this.#routes();
  }

  /** Resolves with the port. */
  async start(): Promise<number> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    await this.#app.listen({ host, port });
    const address = this.#app.server.address();
    return address !== null && typeof address === 'object' ? address.port : port;
  }

  /** Accepts nothing new; requests that run get their grace. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { clock = systemClock, graceMs = GRACE_MS } = this.#options;
    const cancelTimer = clock.after(graceMs, () => {
      this.#app.server.closeAllConnections();
    });
    await this.#app.close();
    cancelTimer();
  }

  #routes(): void {
    const app = this.#app;
    const { service, metrics } = this.#options;
    // Bodies are JSON, binary data or both, whatever they call themselves.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
      done(null, body);
    });
    app.setErrorHandler((error: FastifyError, _request, reply) => {
      sendFastifyError(reply, error);
    });
    app.setNotFoundHandler((_request, reply) => notFound(reply));

    app.get('/v2', async () => httpServerMetadata(await service.serverMetadata()));
    app.get('/v2/health', async (_request, reply) => {
      const health = await service.health?.();
      return health === undefined ? notFound(reply) : reply.send(httpHealth(health));
    });
    if (metrics !== undefined) {
      app.get('/metrics', (_request, reply) => reply.type(METRICS_TYPE).send(metrics()));
    }
    app.get('/v2/health/live', async (_request, reply) => yesOrNo(reply, await service.live()));
    app.get('/v2/health/ready', async (_request, reply) => yesOrNo(reply, await service.ready()));
    app.get('/v2/models/stats', async () => httpStatistics(await service.statistics()));
    for (const model of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
      app.get<ModelRoute>(model, async ({ params: { name, version } }) =>
        httpModelMetadata(await service.modelMetadata(name, version)),
      );
      app.get<ModelRoute>(`${model}/ready`, async ({ params: { name, version } }, reply) =>
        yesOrNo(reply, await service.modelReady(name, version)),
      );
      app.get<ModelRoute>(`${model}/stats`, async ({ params: { name } }) =>
        httpStatistics(await service.statistics(name)),
      );
      app.post<ModelRoute>(`${model}/infer`, (request, reply) => this.#infer(request, reply));
    }
  }

  async #infer(request: FastifyRequest<ModelRoute>, reply: FastifyReply): Promise<FastifyReply> {
    const { name, version = '' } = request.params;
    const { remoteAddress = '', remotePort = 0 } = request.socket;
    const { request: wanted, form } = decodeHttpRequest({
      body: await this.#body(request),
      headerLength: firstOf(request.headers[HEADER_LENGTH]),
      modelName: name,
      modelVersion: version,
      fallbackSession: `${remoteAddress}:${String(remotePort)}`,
    });
    const controller = new AbortController();
    const onClose = (): void => {
      if (!reply.raw.writableFinished) {
        controller.abort();
      }
    };
    if (reply.raw.destroyed) {
      controller.abort();
    }
    reply.raw.once('close', onClose);
    const response = await this.#options.service.infer(wanted, { signal: controller.signal });
    const { body, headerLength } = encodeHttpResponse(response, form);
    if (headerLength === undefined) {
      reply.type('application/json');
    } else {
      reply.type('application/octet-stream').header(HEADER_LENGTH, String(headerLength));
    }
    return reply.send(body);
  }

  async #body(request: FastifyRequest): Promise<Buffer> {
    const body = request.body instanceof Buffer ? request.body : Buffer.alloc(0);
    const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
    if (encoding === 'identity') {
      return body;
    }
    const unpack = Object.hasOwn(UNPACK, encoding) ? UNPACK[encoding] : undefined;
    if (unpack === undefined) {
      throw new RuntimeError('REQUEST_INVALID', {
        detail: 'Its Content-Encoding is neither gzip nor deflate.',
      });
    }
    try {
      return await unpack(body, { maxOutputLength: this.#maxBodyBytes });
    } catch (error) {
      throw new RuntimeError('REQUEST_INVALID', {
        detail: `The body cannot be unpacked, or is larger than ${String(this.#maxBodyBytes)} bytes.`,
        cause: error,
      });
    }
  }
}

function notFound(reply: FastifyReply): FastifyReply {
  const detail = 'There is nothing at this address.';
  sendError(reply, new RuntimeError('REQUEST_INVALID', { detail }), 404);
  return reply;
}

/** The protocol answers such a question with the status alone: 200 for yes, 400 for no. */
function yesOrNo(reply: FastifyReply, yes: boolean): FastifyReply {
  return reply.code(yes ? 200 : 400).send();
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

/** What Fastify itself refuses keeps its status: too large a body, a broken address. */
function sendFastifyError(reply: FastifyReply, error: Error & { statusCode?: number }): void {
  const { statusCode = 500 } = error;
  if (!(error instanceof RuntimeError) && statusCode < 500) {
    const refusal = new RuntimeError('REQUEST_INVALID', { detail: error.message, cause: error });
    sendError(reply, refusal, statusCode);
  } else {
    sendError(reply, asRuntimeError(error));
  }
}

function sendError(
  reply: FastifyReply,
  error: RuntimeError,
  status = WIRE_STATUS[error.code].http,
): void {
  const { code, retryAfterMs } = error;
  if (retryAfterMs !== undefined) {
    reply.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))));
  }
  void reply.code(status).send({
    error: wireMessage(error),
    code,
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.ceil(retryAfterMs) }),
  });
}
