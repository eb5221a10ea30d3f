/** The report that a learner reads after a call. The agent job writes it, signaling keeps it, the page draws it. */
import { z } from 'zod';

const atMs = z.number().min(0).describe('Milliseconds from the start of the call');

export const transcriptTurnSchema = z.object({
  index: z.number().int().min(0),
  speaker: z.enum(['learner', 'avatar']),
  startMs: atMs,
  endMs: atMs,
  /** What was actually heard: an interrupted avatar turn ends where its sound ended. */
  text: z.string(),
  typed: z.boolean(),
  interrupted: z.boolean(),
  /** Character ranges of filler words in `text`, end exclusive. */
  fillers: z.array(z.object({ start: z.number().int(), end: z.number().int() })),
});

export const evidenceSchema = z.object({
  turnIndex: z.number().int().min(0),
  atMs,
  quote: z.string(),
  note: z.string(),
  polarity: z.enum(['for', 'against']),
});

export const criterionResultSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** 0 not shown, 1 barely, 2 partly, 3 clearly, 4 strongly. */
  level: z.number().int().min(0).max(4),
  weight: z.number().positive(),
  evidence: z.array(evidenceSchema),
  advice: z.string(),
});

export const reportSchema = z.object({
  sessionId: z.string(),
  scenarioId: z.string(),
  scenarioTitle: z.string(),
  kind: z.enum(['roleplay', 'interview', 'feedback']),
  language: z.string(),
  personaName: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: z.number().min(0),
  recognition: z.enum(['none', 'basic', 'full']),
  /** `too_short`: fewer than two learner turns, so nothing is scored. */
  status: z.enum(['scored', 'too_short']),
  score: z.number().int().min(0).max(100).nullable(),
  strengths: z.array(z.string()),
  improvements: z.array(z.string()),
  criteria: z.array(criterionResultSchema),
  talk: z.object({
    learnerMs: z.number().min(0),
    avatarMs: z.number().min(0),
    /** 0..1, null when nobody spoke. */
    learnerShare: z.number().min(0).max(1).nullable(),
  }),
  pace: z.object({
    wordsPerMinute: z.number().nullable(),
    series: z.array(z.object({ atMs, wordsPerMinute: z.number() })),
  }),
  fillers: z.object({
    total: z.number().int(),
    perMinute: z.number().nullable(),
    words: z.array(z.object({ word: z.string(), count: z.number().int() })),
  }),
  /** From the avatar's last word to the learner's first. */
  responseTimes: z.object({ medianMs: z.number().nullable(), valuesMs: z.array(z.number()) }),
  questions: z.object({ asked: z.number().int(), examples: z.array(z.string()) }),
  interruptions: z.object({ byLearner: z.number().int() }),
  transcript: z.array(transcriptTurnSchema),
});

export type TranscriptTurn = z.infer<typeof transcriptTurnSchema>;
export type Evidence = z.infer<typeof evidenceSchema>;
export type CriterionResult = z.infer<typeof criterionResultSchema>;
export type Report = z.infer<typeof reportSchema>;
