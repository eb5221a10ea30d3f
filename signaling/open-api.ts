/** The OpenAPI 3.1 description, made from the schemas that check requests and answers. */
import fastifySwagger from '@fastify/swagger';
import { createJsonSchemaTransforms } from './open-api-transform.ts';
import { API_PREFIX } from './routes/api.ts';
import type { Api } from './routes/documentation.ts';

const API_VERSION = '1.0.0';

/** Before any route. */
export async function registerOpenApi(app: Api): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Understudy',
        version: API_VERSION,
        summary: 'Rehearse a hard conversation face to face, in a LiveKit room.',
        description:
          'Errors are problem details (RFC 9457) with a stable `code`: docs/api.md explains each. Lists go page by page: send `next` as `cursor`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description:
              'The room token of a session, or one that is signed with the LiveKit secret.',
          },
          key: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, `understudy_…`; any one of the scopes that are listed.',
          },
          signIn: {
            type: 'apiKey',
            in: 'cookie',
            name: 'understudy-sign-in',
            description:
              'Of a person who is signed in; any one of the roles that are listed. Over HTTPS it is `__Host-understudy-sign-in`.',
          },
        },
      },
    },
    ...createJsonSchemaTransforms(),
  });
  app.get(`${API_PREFIX}/openapi.json`, { schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(app.swagger()),
  );
}
