/** Avatars for agents of others. Only who holds the LiveKit secret comes here: workers and agents, no learner. */
import { avatarRequestSchema, avatarWorkerStateSchema } from '#agents/dispatch/avatar-service.ts';
import { z } from 'zod';
import type { AvatarWorkers } from '../avatar-workers.ts';
import { avatarPlacement, avatarWorkers as avatarWorkersSchema } from '../schemas/avatar.ts';
import { answers, WITH, type Api } from './documentation.ts';

const tags = ['Avatars'];

export function registerAvatarRoutes(
  api: Api,
  { avatarWorkers: workers }: { avatarWorkers: AvatarWorkers },
): void {
  api.post(
    '/avatar-workers',
    {
      config: { permission: 'avatar-workers:report' },
      schema: {
        ...{ tags, operationId: 'hearAvatarWorker', summary: 'A worker’s heartbeat' },
        body: avatarWorkerStateSchema,
        response: answers({ 204: z.undefined() }, WITH.token, WITH.body),
      },
    },
    async (request, reply) => {
      workers.hear(request.body);
      return reply.code(204).send(undefined);
    },
  );

  api.get(
    '/avatar-workers',
    {
      config: { permission: 'avatar-workers:read' },
      schema: {
        ...{ tags, operationId: 'listAvatarWorkers', summary: 'Workers heard within six seconds' },
        response: answers({ 200: avatarWorkersSchema }, WITH.token),
      },
    },
    () => Promise.resolve({ workers: workers.list() }),
  );

  api.post(
    '/avatars',
    {
      config: { permission: 'avatars:place' },
      schema: {
        ...{ tags, operationId: 'placeAvatar', summary: 'Have an avatar enter a room' },
        body: avatarRequestSchema,
        response: answers(
          { 201: avatarPlacement },
          ...[WITH.token, WITH.body],
          ...(['AVATAR_UNKNOWN', 'AVATARS_FULL', 'ROOM_REFUSED'] as const),
        ),
      },
    },
    async (request, reply) => reply.code(201).send(await workers.place(request.body)),
  );
}
