/** What the page needs to know before a call. */
import { scenarioSummarySchema } from '#agents/dispatch/catalogue.ts';
import { z } from 'zod';

/** How well the learner is heard in a session: 'none' means typed input only. */
export const recognitionGrade = z.enum(['none', 'basic', 'full']);

export const scenarioSummary = scenarioSummarySchema.meta({ id: 'ScenarioSummary' });

export const catalogue = z
  .object({
    scenarios: z.array(scenarioSummary),
    recognition: z
      .record(z.string(), recognitionGrade)
      .describe('How well each language of the scenarios is heard here'),
    avatars: z.array(z.string()).describe('What `avatar` of a new session may be'),
    recordings: z
      .object({ days: z.number(), encrypted: z.boolean() })
      .nullable()
      .describe(
        'What becomes of recordings: told to whoever is asked for consent. Null where none are made',
      ),
  })
  .meta({ id: 'Catalogue' });
