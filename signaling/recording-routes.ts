/** The HTTP API of recordings: their state, their files by ranges, their end. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { RecordingsResponse, RecordingStatus } from './api-types.ts';
import { ProblemError } from './problems.ts';
import type { RecordingTickets } from './recording-tickets.ts';
import type { FoundRecording, Recordings } from './recordings.ts';
import type { RoomTokens } from './room-tokens.ts';
import type { Sessions } from './sessions.ts';

export interface RecordingRouteDependencies {
  sessions: Sessions;
  tokens: RoomTokens;
  recordings: Recordings;
  tickets: RecordingTickets;
}

type SessionRequest = FastifyRequest<{ Params: { id: string } }>;
type FileRequest = FastifyRequest<{
  Params: { id: string; file: string };
  Querystring: { ticket?: string };
}>;

export function registerRecordingRoutes(
  app: FastifyInstance,
  { sessions, tokens, recordings, tickets }: RecordingRouteDependencies,
): void {
  const verifyLearner = (request: FastifyRequest, sessionId: string): Promise<string> =>
    tokens.verifyLearner(request.headers.authorization, sessionId, { allowExpired: true });

  app.get('/api/sessions/:id/recording', async (request: SessionRequest, reply) => {
    const { id } = request.params;
    await verifyLearner(request, id);
    await sessions.find(id);
    const found = await recordings.find(id);
    if (found === undefined) {
      throw new ProblemError('RECORDING_NONE', 'It was not recorded, or the recording is deleted.');
    }
    return reply.header('cache-control', 'no-store').send(addressed(found, tickets));
  });

  app.get('/api/sessions/:id/recording/:file', async (request: FileRequest, reply) => {
    const { id, file: name } = request.params;
    const { ticket } = request.query;
    if (typeof ticket === 'string') {
      tickets.verify(ticket, id);
    } else {
      await verifyLearner(request, id);
    }
    const { file, type } = await recordings.open(id, name);
    const range = readRange(request.headers.range, file.bytes);
    reply.header('accept-ranges', 'bytes').header('cache-control', 'private, no-store');
    if (range === 'unsatisfiable') {
      await file.close();
      reply.header('content-range', `bytes */${String(file.bytes)}`);
      throw new ProblemError('RANGE_INVALID', `The file has ${String(file.bytes)} bytes.`);
    }
    const { start, end } = range ?? { start: 0, end: file.bytes };
    if (range !== undefined) {
      const held = `bytes ${String(start)}-${String(end - 1)}/${String(file.bytes)}`;
      reply.code(206).header('content-range', held);
    }
    reply.type(type).header('content-length', String(end - start));
    return send(reply, file.read(start, end), () => file.close());
  });

  app.delete('/api/sessions/:id/recording', async (request: SessionRequest, reply) => {
    await verifyLearner(request, request.params.id);
    await sessions.find(request.params.id);
    await recordings.delete(request.params.id);
    return reply.code(204).send();
  });

  // For whoever holds the LiveKit secret, which opens every room anyway.
  app.get('/api/recordings', async (request): Promise<RecordingsResponse> => {
    await tokens.verifyOperator(request.headers.authorization);
    const found = await recordings.list();
    return {
      recordings: found.map((recording) => ({
        sessionId: recording.sessionId,
        ...addressed(recording, tickets),
      })),
    };
  });
}

function addressed(
  { sessionId, files, ...status }: FoundRecording,
  tickets: RecordingTickets,
): RecordingStatus {
  const ticket = tickets.issue(sessionId);
  return {
    ...status,
    files: files.map((file) => ({
      ...file,
      url: `/api/sessions/${sessionId}/recording/${file.name}?ticket=${ticket}`,
    })),
  };
}

function send(
  reply: FastifyReply,
  bytes: AsyncIterable<Buffer>,
  close: () => Promise<void>,
): FastifyReply {
  const stream = Readable.from(bytes, { objectMode: false });
  // Also where the reader has gone away.
  stream.once('close', () => {
    close().catch(() => undefined);
  });
  return reply.send(stream);
}

/**
 * One range of `bytes=…`, its end exclusive. Undefined where there is none that we serve: several ranges, other units and
 * nonsense are answered with the whole file, as RFC 9110 allows.
 */
export function readRange(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/u.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) {
    return undefined;
  }
  if (first === '') {
    const wanted = Number(last);
    return wanted === 0 || bytes === 0
      ? 'unsatisfiable'
      : { start: Math.max(0, bytes - wanted), end: bytes };
  }
  const start = Number(first);
  const end = last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (start >= bytes) {
    return 'unsatisfiable';
  }
  return end > start ? { start, end } : undefined;
}
