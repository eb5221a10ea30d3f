/** What the page needs to know before a call, and health. */
import type { FastifyReply } from 'fastify';
import { createHash } from 'node:crypto';
import type { HealthResponse, RecognitionGrade } from '../api-types.ts';
import type { Recordings } from '../recordings.ts';
import type { Scenarios } from '../scenarios.ts';
import { catalogue } from '../schemas/catalogue.ts';
import { health as healthSchema } from '../schemas/health.ts';
import { answers, type Api } from './documentation.ts';

const ETAG_LETTERS = 22;

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
  /** The last answer, good for the same scenarios and avatars; what else it says stands in the environment. */
  let kept:
    { published: readonly unknown[]; avatarNames: string; text: string; etag: string } | undefined;
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
    async (request, reply) => {
      const [published, known] = await Promise.all([scenarios.catalogue(), avatars()]);
      const avatarNames = known.join();
      if (kept?.published !== published || kept.avatarNames !== avatarNames) {
        const text = JSON.stringify(
          catalogue.parse({
            avatars: known,
            scenarios: published,
            recordings: recordings.terms ?? null,
            recognition: Object.fromEntries(
              published.map(({ language }) => [language, recognitionFor(language)]),
            ),
          }),
        );
        const hash = createHash('sha256').update(text).digest('base64url').slice(0, ETAG_LETTERS);
        kept = { published, avatarNames, text, etag: `"${hash}"` };
      }
      reply.header('etag', kept.etag).header('cache-control', 'no-cache');
      if (request.headers['if-none-match'] === kept.etag) {
        return (reply as unknown as FastifyReply).code(304).send();
      }
      const { text } = kept;
      return reply
        .type('application/json; charset=utf-8')
        .serializer((value) => value as string)
        .send(text as never);
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
