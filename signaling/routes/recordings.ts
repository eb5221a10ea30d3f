/** Recordings: their state, their files by ranges, their end. */
import type { FastifyReply } from 'fastify';
import { Readable } from 'node:stream';
import { z } from 'zod';
import type { RecordingStatus } from '../api-types.ts';
import { readRange } from '../byte-range.ts';
import { ProblemError } from '../problems.ts';
import type { RecordingTickets } from '../recording-tickets.ts';
import type { FoundRecording, Recordings } from '../recordings.ts';
import { idParameters } from '../schemas/common.ts';
import {
  recordingFileParameters,
  recordingFileQuery,
  recordingList,
  recordingStatus,
} from '../schemas/recording.ts';
import type { Sessions } from '../sessions.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface RecordingRouteDependencies {
  sessions: Sessions;
  recordings: Recordings;
  tickets: RecordingTickets;
}

const tags = ['Recordings'];
const bytes = z.unknown().describe('The file, or the range of it that was asked for');

export function registerRecordingRoutes(
  api: Api,
  { sessions, recordings, tickets }: RecordingRouteDependencies,
): void {
  api.get(
    '/sessions/:id/recording',
    {
      config: { permission: 'recording:read' },
      schema: {
        ...{ tags, operationId: 'readRecording', summary: 'The recording of a session' },
        params: idParameters,
        response: answers(
          { 200: recordingStatus },
          ...[WITH.token, 'SESSION_UNKNOWN' as const, 'RECORDING_NONE' as const],
        ),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      await sessions.find(id);
      const found = await recordings.find(id);
      if (found === undefined) {
        throw new ProblemError(
          'RECORDING_NONE',
          'It was not recorded, or the recording is deleted.',
        );
      }
      return reply.header('cache-control', 'no-store').send(addressed(found, tickets));
    },
  );

  api.get(
    '/sessions/:id/recording/:file',
    {
      config: { permission: 'recording:open' },
      schema: {
        ...{ tags, operationId: 'openRecordingFile', summary: 'A file of it, whole or by `Range`' },
        params: recordingFileParameters,
        querystring: recordingFileQuery,
        response: answers(
          {
            200: { description: 'The file', content: { '*/*': { schema: bytes } } },
            206: { description: 'The range', content: { '*/*': { schema: bytes } } },
          } as unknown as { 200: typeof bytes; 206: typeof bytes },
          ...[WITH.token, 'RECORDING_NONE' as const, 'RECORDING_FILE_UNKNOWN' as const],
          ...(['RECORDING_UNREADABLE', 'RANGE_INVALID'] as const),
        ),
      },
    },
    async (request, reply) => {
      const { id, file: name } = request.params;
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
    },
  );

  api.delete(
    '/sessions/:id/recording',
    {
      config: { permission: 'recording:delete' },
      schema: {
        ...{ tags, operationId: 'deleteRecording', summary: 'Remove every file of it' },
        description: 'Also during the call, which goes on. Again is fine.',
        params: idParameters,
        response: answers({ 204: z.undefined() }, WITH.token, WITH.body, 'SESSION_UNKNOWN'),
      },
    },
    async (request, reply) => {
      await sessions.find(request.params.id);
      await recordings.delete(request.params.id);
      return reply.code(204).send(undefined);
    },
  );

  api.get(
    '/recordings',
    {
      config: { permission: 'recordings:list' },
      schema: {
        ...{ tags, operationId: 'listRecordings', summary: 'All recordings, oldest first' },
        response: answers({ 200: recordingList }, WITH.token),
      },
    },
    async () => {
      const found = await recordings.list();
      return {
        recordings: found.map((recording) => ({
          sessionId: recording.sessionId,
          ...addressed(recording, tickets),
        })),
      };
    },
  );
}

/** With the addresses of its files, which are good for an hour. */
export function addressed(
  { sessionId, files, ...status }: FoundRecording,
  tickets: RecordingTickets,
): RecordingStatus {
  const ticket = tickets.issue(sessionId);
  return {
    ...status,
    files: files.map((file) => ({
      ...file,
      url: `/api/v1/sessions/${sessionId}/recording/${file.name}?ticket=${ticket}`,
    })),
  };
}

function send(
  reply: FastifyReply,
  content: AsyncIterable<Buffer>,
  close: () => Promise<void>,
): FastifyReply {
  const stream = Readable.from(content, { objectMode: false });
  // Also where the reader has gone away.
  stream.once('close', () => {
    close().catch(() => undefined);
  });
  return reply.send(stream);
}
