/** What travels from signaling to the agent job with a dispatch, and between job and page inside the room. */
import { z } from 'zod';
import { AVATAR_NAME } from './avatars.ts';
import { scenarioSchema } from './scenario.ts';

/** The name under which workers register and signaling dispatches. */
export const AGENT_NAME = 'understudy';

export const dispatchMetadataSchema = z.object({
  sessionId: z.string(),
  scenarioId: z.string(),
  /** As it was published when the session began; without it the job looks for `scenarioId` among its files. */
  scenario: scenarioSchema.optional(),
  learnerIdentity: z.string(),
  learnerName: z.string(),
  /** In place of the scenario's face. */
  avatar: z.string().regex(AVATAR_NAME).optional(),
  /** The learner has agreed to a recording. */
  recording: z.literal(true).optional(),
  /** Where the job delivers the report: signaling's own address as workers reach it. */
  reportUrl: z.url(),
  /** Absent where nobody looks after the job: it then holds no line and keeps no checkpoint. */
  ownership: z
    .object({
      /** This job's fencing number: what it writes under an older one than the session's is refused. */
      fence: z.number().int().min(1),
      /** Signaling's address of this session; `/line` and `/checkpoint` are below it. */
      url: z.url(),
      /** Another job had the session until `lostAtMs`, milliseconds since the epoch: go on where it was. */
      resume: z.object({ lostAtMs: z.number() }).optional(),
    })
    .optional(),
});
export type DispatchMetadata = z.infer<typeof dispatchMetadataSchema>;

export const roomName = (sessionId: string): string => `lesson_${sessionId}`;

/** Attributes that the agent sets on its own participant, for the page to read. */
export const AGENT_ATTRIBUTES = {
  /** JSON array of the ids of aims reached so far. */
  aims: 'understudy.aims',
  /** 'none' (type instead), 'basic' or 'full'. */
  recognition: 'understudy.recognition',
  /** JSON: `level` 'ok', 'low' or 'clipping' of the learner's voice, and `echo`: whether the avatar hears itself. */
  input: 'understudy.input',
  /** Set to 'closing' when the persona has said goodbye; the page then ends the call by itself. */
  phase: 'understudy.phase',
  /** JSON {score, rung, reason}: how good the picture is, and why (agents/dispatch/quality.ts). */
  quality: 'understudy.quality',
  /** 'on' while the call is recorded, 'off' when a recording that was agreed to could not begin or go on. */
  recording: 'understudy.recording',
} as const;
