/** What another job needs to go on where this one was: written down after each turn. */
import { z } from 'zod';

const turn = z.object({
  speaker: z.enum(['learner', 'avatar']),
  startMs: z.number(),
  endMs: z.number(),
  text: z.string(),
  typed: z.boolean(),
  interrupted: z.boolean(),
});

/** The persona's state is folded from its messages (agents/persona/reply.ts), so that they are all it needs. */
const message = z.object({
  role: z.enum(['user', 'assistant']),
  text: z.string(),
  interrupted: z.boolean(),
  /** Milliseconds since the epoch; the persona reads the length of the talk from it. */
  createdAtMs: z.number(),
});

export const checkpointSchema = z.object({
  version: z.literal(1),
  /** Times of turns count from here. */
  startedAt: z.iso.datetime(),
  turns: z.array(turn),
  messages: z.array(message),
  /** What sounds now: its words as far as they were spoken into sound, and since when, from the start of the call. */
  speaking: z.object({ text: z.string(), startMs: z.number() }).nullable(),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;
export type CheckpointMessage = z.infer<typeof message>;
