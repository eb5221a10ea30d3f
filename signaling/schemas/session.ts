/** Sessions and their tokens. */
import { AVATAR_NAME } from '#agents/dispatch/avatars.ts';
import { z } from 'zod';
import { recognitionGrade, scenarioSummary } from './catalogue.ts';
import { placedRegion, regionLatencies } from './region.ts';
import { id, moment, pageOf, pageQuery } from './common.ts';

export const createSession = z
  .strictObject({
    scenarioId: id,
    learnerName: z.string().trim().max(60).optional().describe('What the persona calls them'),
    learnerId: id.optional().describe('A learner of this API; needs `learners:read`'),
    avatar: z
      .string()
      .regex(AVATAR_NAME)
      .optional()
      .describe('`ada`, `neural/ann`: in place of the scenario’s face'),
    regionLatenciesMs: regionLatencies.optional(),
    consent: z
      .strictObject({ recording: z.boolean().optional() })
      .optional()
      .describe('What the learner has agreed to; nothing where it is absent'),
  })
  .meta({ id: 'CreateSession' });

export const roomToken = z
  .object({ token: z.string().describe('Opens the room for 15 minutes'), tokenExpiresAt: moment })
  .meta({ id: 'RoomToken' });

export const createdSession = z
  .object({
    sessionId: z.string(),
    roomName: z.string(),
    serverUrl: z.string().describe('WebSocket address of LiveKit'),
    ...roomToken.shape,
    region: placedRegion,
    scenario: scenarioSummary,
    recognition: recognitionGrade,
    recording: z.boolean().describe('The learner has agreed that the call is recorded'),
  })
  .meta({ id: 'CreatedSession' });

export const session = z
  .object({
    sessionId: z.string(),
    status: z.enum(['live', 'ended']),
    scenarioId: z.string(),
    scenarioVersion: z.number().int().nullable(),
    learnerId: z.string().nullable(),
    learnerName: z.string(),
    avatar: z.string().nullable(),
    region: z.string().nullable().describe('Null where there is one'),
    recording: z.boolean(),
    roomName: z.string(),
    createdAt: moment,
    endedAt: moment.nullable(),
    endReason: z
      .enum(['asked', 'reported', 'finished', 'lost', 'unanswered', 'given-up'])
      .nullable()
      .describe(
        '`asked`: through this API; `reported`: by its job; `finished`: everybody had left its room; `lost`: its room was gone; `unanswered`: no agent came; `given-up`: its agents died again and again',
      ),
  })
  .meta({ id: 'Session' });

export const sessionPage = pageOf(session).meta({ id: 'SessionPage' });

export const sessionQuery = pageQuery.extend({
  status: z.enum(['live', 'ended']).optional(),
  learnerId: id.optional(),
  scenarioId: id.optional(),
});
