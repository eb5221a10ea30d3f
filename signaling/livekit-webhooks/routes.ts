/** Where LiveKit tells of rooms and participants. Not part of the public API; the proxy lets nobody here. */
import { z } from 'zod';
import type { Api } from '../routes/documentation.ts';
import type { LiveKitWebhooks } from './livekit-webhooks.ts';

/** Below `/api/internal`. */
export const LIVEKIT_WEBHOOK_PATH = '/livekit/webhook';
/** A room with its metadata, which holds a scenario. */
const BODY_LIMIT_BYTES = 512_000;

export async function registerLiveKitWebhookRoute(
  api: Api,
  webhooks: LiveKitWebhooks,
): Promise<void> {
  await api.register((scope: Api, _options, done) => {
    // The signature is of the bytes as they came: nothing of them is read before it is checked.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      ['application/webhook+json', 'application/json'],
      { parseAs: 'string', bodyLimit: BODY_LIMIT_BYTES },
      (_request, body, parsed) => {
        parsed(null, body);
      },
    );
    scope.post(
      LIVEKIT_WEBHOOK_PATH,
      { schema: { hide: true, body: z.string(), response: { 204: z.undefined() } } },
      async (request, reply) => {
        await webhooks.receive(request.body, request.headers.authorization);
        return reply.code(204).send(undefined);
      },
    );
    done();
  });
}
