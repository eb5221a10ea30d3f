/** Avatars for agents of others, and the workers that perform them. */
import { avatarSummarySchema, avatarWorkerStateSchema } from '#agents/dispatch/avatar-service.ts';
import { z } from 'zod';

export const avatarPlacement = avatarSummarySchema
  .extend({ worker: z.string().describe('`DELETE {worker}/v1/avatars/{id}` sends it away') })
  .meta({ id: 'AvatarPlacement' });

export const avatarWorkers = z
  .object({ workers: z.array(avatarWorkerStateSchema) })
  .meta({ id: 'AvatarWorkers' });
