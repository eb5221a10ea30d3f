/** What the catalogue page shows of a scenario: the public part of its YAML. */
import { z } from 'zod';

export const scenarioSummarySchema = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{1,62}$/),
  kind: z.enum(['roleplay', 'interview', 'feedback']),
  title: z.string().min(3).max(120),
  /** One or two sentences: what the learner will face. */
  summary: z.string().min(10).max(400),
  /** The persona's first or most telling line. */
  quote: z.string().min(3).max(160),
  language: z.string().regex(/^[a-z]{2}$/),
  difficulty: z.enum(['gentle', 'testing', 'hard']),
  durationMinutes: z.number().int().min(2).max(60),
  persona: z.object({
    name: z.string().min(1).max(40),
    /** What they are to the learner: "your report", "the interviewer". */
    role: z.string().min(1).max(60),
    /** Id of a face pack in media/avatars/packs. */
    face: z.string(),
  }),
  /** What to aim for, shown beside the call and ticked off as it happens. */
  aims: z
    .array(z.object({ id: z.string(), text: z.string().min(3).max(80) }))
    .min(2)
    .max(5),
});

export type ScenarioSummary = z.infer<typeof scenarioSummarySchema>;
