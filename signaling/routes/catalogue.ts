/** What the page needs to know before a call, and health. */
import type { HealthResponse, RecognitionGrade } from '../api-types.ts';
import type { Recordings } from '../recordings.ts';
import type { Scenarios } from '../scenarios.ts';
import { catalogue } from '../schemas/catalogue.ts';
import { health as healthSchema } from '../schemas/health.ts';
import { answers, type Api } from './documentation.ts';

export interface CatalogueRouteDependencies {
  scenarios: Scenarios;
  recordings: Recordings;
  recognitionFor: (language: string) => RecognitionGrade;
  avatars: () => Promise<string[]>;
}

export function registerCatalogueRoutes(
  api: Api,
  { scenarios, recordings, recognitionFor, avatars }: CatalogueRouteDependencies,
): void {
  api.get(
    '/catalogue',
    {
      config: { permission: 'catalogue:read' },
      schema: {
        ...{ tags: ['Scenarios'], operationId: 'readCatalogue' },
        summary: 'What learners may choose: published scenarios, avatars, how well is heard',
        response: answers({ 200: catalogue }),
      },
    },
    async () => {
      const published = await scenarios.catalogue();
      return {
        avatars: await avatars(),
        scenarios: published,
        recordings: recordings.terms ?? null,
        recognition: Object.fromEntries(
          published.map(({ language }) => [language, recognitionFor(language)]),
        ),
      };
    },
  );
}

/** At the root, where load balancers look. */
export function registerHealthRoute(api: Api, health: () => Promise<HealthResponse>): void {
  api.get(
    '/health',
    {
      schema: {
        ...{ tags: ['Health'], operationId: 'readHealth', summary: 'Each dependency' },
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const answer = await health();
      return reply.code(answer.status === 'ok' ? 200 : 503).send(answer);
    },
  );
}
