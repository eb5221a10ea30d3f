/** Sessions: created, read, listed, ended. */
import { roomName } from '#agents/dispatch/metadata.ts';
import type { Authority } from '../authority.ts';
import type { CreateSessionResponse, SessionResponse } from '../api-types.ts';
import { pageRequest } from '../page-request.ts';
import type { Session, SessionRecords } from '../data/session-records.ts';
import type { LearnerRecords } from '../data/learner-records.ts';
import type { Idempotency } from '../idempotency.ts';
import { ProblemError } from '../problems.ts';
import type { Recordings } from '../recordings.ts';
import { empty, idempotencyHeaders, idParameters } from '../schemas/common.ts';
import {
  createdSession,
  createSession,
  session,
  sessionPage,
  sessionQuery,
} from '../schemas/session.ts';
import type { Sessions } from '../sessions.ts';
import { answers, WITH, type Api } from './documentation.ts';

export interface SessionRouteDependencies {
  sessions: Sessions;
  records: { sessions: SessionRecords; learners: LearnerRecords };
  authority: Authority;
  idempotency: Idempotency;
  recordings: Recordings;
}

const tags = ['Sessions'];
const DEFAULT_NAME = 'Learner';

export function registerSessionRoutes(
  api: Api,
  { sessions, records, authority, idempotency, recordings }: SessionRouteDependencies,
): void {
  api.post(
    '/sessions',
    {
      config: { permission: 'sessions:create' },
      schema: {
        ...{ tags, operationId: 'createSession', summary: 'Make a room with its agent' },
        headers: idempotencyHeaders,
        body: createSession,
        response: answers(
          { 201: createdSession },
          ...[WITH.body, WITH.key, WITH.token],
          ...(['SCENARIO_UNKNOWN', 'AVATAR_UNKNOWN', 'LEARNER_UNKNOWN'] as const),
          ...(['SESSIONS_FULL', 'LIVEKIT_UNREACHABLE', 'SESSION_ENDED'] as const),
        ),
      },
    },
    async (request, reply) => {
      // Over HTTPS the media server is reached through this one, under the name that the browser used.
      const scheme = request.protocol === 'https' ? 'wss' : 'ws';
      const addressed = <T extends { serverUrl: string }>(created: T): T =>
        created.serverUrl === ''
          ? { ...created, serverUrl: `${scheme}://${request.host}` }
          : created;
      const { scenarioId, learnerName, learnerId, avatar, consent, regionLatenciesMs } =
        request.body;
      const { principal } = request;
      // Whoever is signed in as a learner is that learner.
      const own = principal.learnerId ?? undefined;
      if (learnerId !== undefined && learnerId !== own) {
        await authority.authorize(request, 'learners:read');
      }
      const theirId = learnerId ?? own;
      return idempotency.answer<CreateSessionResponse>(
        request,
        reply,
        {
          status: 201,
          strip: ({ token: _token, ...rest }) => rest,
          restore: async (stripped) => {
            const kept = stripped as Omit<CreateSessionResponse, 'token'>;
            return { ...kept, ...(await sessions.refresh(await sessions.find(kept.sessionId))) };
          },
          about: ({ sessionId }) => ({ sessionId }),
        },
        async () => {
          const learner = theirId === undefined ? undefined : await records.learners.find(theirId);
          if (theirId !== undefined && learner === undefined) {
            throw new ProblemError('LEARNER_UNKNOWN', 'GET /api/v1/learners lists them.');
          }
          const created = await sessions.create({
            scenarioId,
            learnerName: (learnerName ?? '') || (learner?.displayName ?? DEFAULT_NAME),
            learnerId: theirId,
            avatar,
            regionLatenciesMs,
            recording: consent?.recording === true && recordings.terms !== undefined,
            createdBy: principal.id,
          });
          return addressed(created);
        },
      );
    },
  );

  api.get(
    '/sessions',
    {
      config: { permission: 'sessions:list' },
      schema: {
        ...{ tags, operationId: 'listSessions', summary: 'All sessions, newest first' },
        querystring: sessionQuery,
        response: answers({ 200: sessionPage }, WITH.token),
      },
    },
    async ({ query: { status, learnerId, scenarioId, ...page }, principal: { only } }) => {
      const live = status === undefined ? undefined : status === 'live';
      const filter = { learnerId, scenarioId, live, only };
      const found = await records.sessions.list(filter, pageRequest(page));
      return { ...found, items: found.items.map(outside) };
    },
  );

  api.get(
    '/sessions/:id',
    {
      config: { permission: 'session:read' },
      schema: {
        ...{ tags, operationId: 'readSession', summary: 'One session' },
        params: idParameters,
        response: answers({ 200: session }, WITH.token, 'SESSION_UNKNOWN'),
      },
    },
    async ({ params: { id } }) => outside(await sessions.find(id)),
  );

  api.post(
    '/sessions/:id/end',
    {
      config: { permission: 'session:end' },
      schema: {
        ...{ tags, operationId: 'endSession', summary: 'End the call; again is fine' },
        params: idParameters,
        response: answers(
          { 202: empty },
          ...[WITH.token, WITH.body, 'SESSION_UNKNOWN' as const, 'LIVEKIT_UNREACHABLE' as const],
        ),
      },
    },
    async (request, reply) => {
      await sessions.end(await sessions.find(request.params.id));
      return reply.code(202).send({});
    },
  );
}

const outside = (kept: Session): SessionResponse => ({
  sessionId: kept.id,
  status: kept.endedAt === null ? 'live' : 'ended',
  scenarioId: kept.scenarioId,
  scenarioVersion: kept.scenarioVersion,
  learnerId: kept.learnerId,
  learnerName: kept.learnerName,
  avatar: kept.avatar,
  region: kept.region,
  recording: kept.recording,
  roomName: roomName(kept.id),
  createdAt: kept.createdAt.toISOString(),
  endedAt: kept.endedAt?.toISOString() ?? null,
  endReason: kept.endReason,
});
