/** All routes of `/api/v1`: each names its permission, and is described by the schemas that check it. */
import type { FastifyRequest } from 'fastify';
import type { Door } from '../auth/door.ts';
import type { Authority } from '../authority.ts';
import type { AvatarWorkers } from '../avatar-workers.ts';
import type { Records } from '../data/records.ts';
import type { HealthResponse, RecognitionGrade } from '../api-types.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { Idempotency } from '../idempotency.ts';
import type { RecordingTickets } from '../recording-tickets.ts';
import type { Recordings } from '../recordings.ts';
import type { Scenarios } from '../scenarios.ts';
import type { Sessions } from '../sessions.ts';
import { registerApiKeyRoutes } from './api-keys.ts';
import type { LiveKitWebhooks } from '../livekit-webhooks/livekit-webhooks.ts';
import { registerLiveKitWebhookRoute } from '../livekit-webhooks/routes.ts';
import type { Regions } from '../regions/regions.ts';
import { registerRegionRoutes } from '../regions/routes.ts';
import { registerFailoverRoutes, type FailoverDependencies } from '../failover/routes.ts';
import { registerAuthRoutes } from './auth.ts';
import { registerAvatarRoutes } from './avatars.ts';
import { registerCatalogueRoutes, registerHealthRoute } from './catalogue.ts';
import type { Api } from './documentation.ts';
import { registerInternalRoutes } from './internal.ts';
import { registerLearnerRoutes } from './learners.ts';
import { registerPeopleRoutes } from './people.ts';
import { addressed, registerRecordingRoutes } from './recordings.ts';
import { registerReportRoutes } from './reports.ts';
import { registerScenarioRoutes } from './scenarios.ts';
import { registerSessionRoutes } from './sessions.ts';
import { registerTokenRoutes } from './tokens.ts';
import { registerWebhookRoutes } from './webhooks.ts';
import { registerAudit } from '../privacy/audit.ts';
import type { Erasures } from '../privacy/erasures.ts';
import { registerPrivacyRoutes } from '../privacy/routes.ts';

export const API_PREFIX = '/api/v1';
const INTERNAL_PREFIX = '/api/internal';

export interface ApiDependencies {
  sessions: Sessions;
  scenarios: Scenarios;
  records: Records;
  authority: Authority;
  door: Door;
  idempotency: Idempotency;
  recordings: Recordings;
  tickets: RecordingTickets;
  erasures: Erasures;
  avatarWorkers: AvatarWorkers;
  recognitionFor: (language: string) => RecognitionGrade;
  avatars: () => Promise<string[]>;
  health: () => Promise<HealthResponse>;
  now: () => Date;
  /** Absent where there is one. */
  regions?: Regions | undefined;
  /** Absent: nobody is limited. */
  limiter?: RateLimiter | undefined;
  /** Absent in tests that no LiveKit tells of anything. */
  livekitWebhooks?: LiveKitWebhooks;
  /** Absent in tests that need no agents. */
  agents?: FailoverDependencies;
}

export async function registerApi(app: Api, dependencies: ApiDependencies): Promise<void> {
  const { authority, limiter } = dependencies;
  app.decorateRequest('principal', null as unknown as FastifyRequest['principal']);
  app.addHook('onRequest', async (request, reply) => {
    const { permission } = request.routeOptions.config;
    await limiter?.admitAddress(request, reply);
    if (permission !== undefined) {
      request.principal = await authority.authorize(request, permission);
      const { kind, id } = request.principal;
      if (kind === 'key') {
        await limiter?.admitKey(request, reply, id);
      }
    }
  });
  registerAudit(app, { audit: dependencies.records.audit, now: dependencies.now });
  registerHealthRoute(app, dependencies.health);
  await app.register(
    (api: Api, _options, done) => {
      registerCatalogueRoutes(api, dependencies);
      registerRegionRoutes(api, dependencies);
      registerSessionRoutes(api, dependencies);
      registerTokenRoutes(api, dependencies);
      registerReportRoutes(api, dependencies);
      registerScenarioRoutes(api, dependencies);
      registerLearnerRoutes(api, dependencies);
      registerAuthRoutes(api, dependencies);
      registerPeopleRoutes(api, dependencies);
      registerApiKeyRoutes(api, dependencies);
      registerWebhookRoutes(api, dependencies);
      registerRecordingRoutes(api, dependencies);
      registerAvatarRoutes(api, dependencies);
      registerPrivacyRoutes(api, {
        ...dependencies,
        recordingOf: async (sessionId) => {
          const found = await dependencies.recordings.find(sessionId);
          return found === undefined ? undefined : addressed(found, dependencies.tickets);
        },
      });
      done();
    },
    { prefix: API_PREFIX },
  );
  await app.register(
    async (api: Api) => {
      if (dependencies.livekitWebhooks !== undefined) {
        await registerLiveKitWebhookRoute(api, dependencies.livekitWebhooks);
      }
      if (dependencies.agents !== undefined) {
        registerFailoverRoutes(api, dependencies.agents);
      }
      registerInternalRoutes(api, dependencies);
    },
    { prefix: INTERNAL_PREFIX },
  );
}
