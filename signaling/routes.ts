/** The HTTP API: each route validates, asks Sessions, answers. */
import { AVATAR_NAME } from '#agents/dispatch/avatars.ts';
import type { ScenarioSummary } from '#agents/dispatch/catalogue.ts';
import { reportSchema } from '#agents/dispatch/report.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { HealthResponse, RecognitionGrade, ScenariosResponse } from './api-types.ts';
import { registerAvatarWorkerRoutes, type AvatarWorkers } from './avatar-workers.ts';
import { parseBody } from './parse-body.ts';
import { ProblemError } from './problems.ts';
import { registerRecordingRoutes } from './recording-routes.ts';
import type { RecordingTickets } from './recording-tickets.ts';
import type { Recordings } from './recordings.ts';
import type { RoomTokens } from './room-tokens.ts';
import type { Sessions } from './sessions.ts';

const createBody = z.strictObject({
  scenarioId: z.string().min(1).max(64),
  learnerName: z.string().trim().max(60).optional(),
  avatar: z.string().regex(AVATAR_NAME).optional(),
  consent: z.strictObject({ recording: z.boolean().optional() }).optional(),
});

export interface RouteDependencies {
  sessions: Sessions;
  tokens: RoomTokens;
  scenarios: readonly ScenarioSummary[];
  recognitionFor: (language: string) => RecognitionGrade;
  avatars: () => Promise<string[]>;
  health: () => Promise<HealthResponse>;
  recordings: Recordings;
  tickets: RecordingTickets;
  avatarWorkers: AvatarWorkers;
}

type SessionRequest = FastifyRequest<{ Params: { id: string } }>;

export function registerRoutes(app: FastifyInstance, dependencies: RouteDependencies): void {
  const { sessions, tokens, scenarios, recognitionFor, avatars, health, recordings } = dependencies;

  app.get('/api/scenarios', async (): Promise<ScenariosResponse> => ({
    avatars: await avatars(),
    scenarios: [...scenarios],
    recordings: recordings.terms ?? null,
    recognition: Object.fromEntries(
      scenarios.map(({ language }) => [language, recognitionFor(language)]),
    ),
  }));

  app.get('/health', async (_request, reply) => {
    const answer = await health();
    return reply.code(answer.status === 'ok' ? 200 : 503).send(answer);
  });

  app.post('/api/sessions', async (request, reply) => {
    const body = parseBody(createBody, request.body);
    const created = await sessions.create(
      body.scenarioId,
      body.learnerName ?? 'Learner',
      body.avatar,
      body.consent?.recording === true && recordings.terms !== undefined,
    );
    // Over HTTPS the media server is reached through this one, under the name that the browser used.
    const scheme = request.protocol === 'https' ? 'wss' : 'ws';
    const serverUrl = created.serverUrl === '' ? `${scheme}://${request.host}` : created.serverUrl;
    return reply.code(201).send({ ...created, serverUrl });
  });

  app.post('/api/sessions/:id/token', async (request: SessionRequest) => {
    await tokens.verifyLearner(request.headers.authorization, request.params.id);
    return sessions.refresh(await sessions.find(request.params.id));
  });

  app.post('/api/sessions/:id/end', async (request: SessionRequest, reply) => {
    await tokens.verifyLearner(request.headers.authorization, request.params.id, {
      allowExpired: true,
    });
    await sessions.end(await sessions.find(request.params.id));
    return reply.code(202).send({});
  });

  app.get('/api/sessions/:id/report', async (request: SessionRequest, reply) => {
    await tokens.verifyLearner(request.headers.authorization, request.params.id, {
      allowExpired: true,
    });
    const answer = await sessions.report(await sessions.find(request.params.id));
    return reply.code(answer.status === 'ready' ? 200 : 202).send(answer);
  });

  registerRecordingRoutes(app, dependencies);
  registerAvatarWorkerRoutes(app, { workers: dependencies.avatarWorkers, tokens });

  // Only agent jobs come here, with a token that only the holder of the LiveKit secret can sign.
  app.put('/api/internal/sessions/:id/report', async (request: SessionRequest, reply) => {
    await tokens.verifyWorker(request.headers.authorization, request.params.id);
    const report = parseBody(reportSchema, request.body);
    if (report.sessionId !== request.params.id) {
      throw new ProblemError('BODY_INVALID', 'sessionId: differs from the address.');
    }
    await sessions.receiveReport(await sessions.find(request.params.id), report);
    return reply.code(204).send();
  });
}
