/** A whole scenario, as a teacher writes it in config/scenarios/*.yaml: what the catalogue shows, and how the talk goes. */
import { z } from 'zod';
import type { ExpressionName } from '#media/face/pose.ts';
import { scenarioSummarySchema } from './catalogue.ts';

const expressionNames = [
  'neutral',
  'warm',
  'concerned',
  'sceptical',
  'pleased',
] as const satisfies readonly ExpressionName[];
const expression = z.enum(expressionNames);

/** Letters, digits and hyphens; names a cue, an intent, a topic or a stage. */
const name = z.string().regex(/^[a-z][a-z0-9-]*$/);

/**
 * One thing the persona may say. May open its sentences with a stage direction (`[concerned]`) and hold slots:
 * `{thing}` what the learner just named, `{time}` a date or span they gave, `{clause}` their own words turned round,
 * `{topic}` a topic of this scenario that they touched. A line with a slot is said only when the slot can be filled.
 */
const line = z.union([
  z.string().min(1),
  z.strictObject({ say: z.string().min(1), mood: z.enum(['low', 'mid', 'high']) }),
]);
const lines = z.array(line).min(1);

/**
 * Phrases to listen for. `a/b` in a phrase means either word; articles and the like may be missing or added; word
 * endings and small mishearings do not matter. A phrase that starts with `=` must be said word for word.
 */
const hear = z.array(z.string().min(1)).min(1);

const cue = z.union([
  hear.transform((phrases) => ({ hear: phrases, mood: undefined })),
  z.strictObject({
    hear,
    /** How hearing it moves the persona's mood, which runs from -4 to 4. */
    mood: z.number().min(-3).max(3).optional(),
  }),
]);

const reaction = z.strictObject({
  /** A cue of this scenario or an intent of the language's lexicon. */
  to: name,
  say: lines,
});

const stage = z.strictObject({
  id: name,
  /** What the persona wants to have got before moving on; a language model is told this. */
  goal: z.string().min(5),
  /** Said when the stage begins. */
  ask: lines,
  /** Said while the stage lasts and nothing more fitting comes to mind. */
  probe: lines,
  /** `anything`: an answer that holds none of our cues is still an answer, as in an interview. */
  accepts: z.enum(['cues', 'anything']).default('cues'),
  movesOn: z.strictObject({
    /** Any of these cues or intents, at any time in the talk, lets the stage end. */
    hears: z.array(name).default([]),
    /** So does this many words said within the stage. */
    words: z.number().int().positive().optional(),
    minTurns: z.number().int().min(0).default(1),
    /** The stage ends after this many learner turns whatever was said. */
    maxTurns: z.number().int().min(1),
  }),
  /** Said instead of the next stage's question when this stage ends without its cues, to draw the thing out. */
  lastTry: lines.optional(),
  reactions: z.array(reaction).default([]),
});

const criterion = z.strictObject({
  id: name,
  title: z.string().min(3).max(80),
  weight: z.number().positive(),
  /** Cue or intent -> what a quote that holds it shows. */
  for: z.record(name, z.string().min(3)),
  against: z.record(name, z.string().min(3)).default({}),
  /** How many separate signs make it "strongly shown". */
  enough: z.number().int().min(1).default(3),
  /** Only what is said within the learner's first so many turns counts in favour. */
  withinTurns: z.number().int().min(1).optional(),
  /** What to try next time: told when the level is below 3. */
  advice: z.string().min(10),
  /** Told when the level is 3 or 4. */
  praise: z.string().min(10),
});

export const scenarioSchema = z.strictObject({
  ...scenarioSummarySchema.shape,
  persona: z.strictObject({
    ...scenarioSummarySchema.shape.persona.shape,
    /** Id of a voice of the speech engine. */
    voice: z.string().min(1),
    /** Who they are and how they talk: a few sentences, for a language model and for the teacher. */
    character: z.string().min(20),
    expression: expression.default('neutral'),
    /** Worn while the mood is low. */
    lowExpression: expression.default('concerned'),
    highExpression: expression.default('warm'),
    /** Mood at the start, -4..4. */
    mood: z.number().min(-4).max(4).default(0),
  }),
  /** What has happened and who the learner is in it; shown before the call and told to a language model. */
  briefing: z.string().min(20),
  aims: z
    .array(
      z.strictObject({
        id: z.string(),
        text: z.string().min(3).max(80),
        /** Reached by any of these cues or intents. */
        reachedBy: z.array(name).min(1),
        /** Counts only within the learner's first so many turns. */
        withinTurns: z.number().int().min(1).optional(),
        /** How many different learner turns must hold one. */
        times: z.number().int().min(1).default(1),
      }),
    )
    .min(2)
    .max(5),
  /** The persona closes the call after so many learner turns at the latest. */
  maxLearnerTurns: z.number().int().min(4).max(80).default(30),
  cues: z.record(name, cue),
  /** Things that the persona can take up by name. */
  topics: z.record(name, z.strictObject({ say: z.string().min(1), hear })).default({}),
  opening: lines,
  stages: z.array(stage).min(2),
  /** In order of importance: the first that fits what was said is used. */
  reactions: z.array(reaction).default([]),
  /** Questions that the learner may ask, with what the persona knows. */
  answers: z.array(z.strictObject({ hear, say: lines })).default([]),
  backchannels: z.array(z.string().min(1)).default([]),
  /** Said into silence, gentlest first; after the last the persona closes. */
  silence: z.strictObject({ nudges: lines, closing: lines }),
  /** `again`: asks to say it otherwise; `about`: asks about a `{thing}` it caught; `simpler`: helps with an easier question. */
  misunderstood: z.strictObject({ again: lines, about: lines, simpler: lines }),
  closing: z.strictObject({
    /** All stages done, mood not low. */
    done: lines,
    /** All stages done, but little of what the learner was to aim for. */
    unclear: lines,
    /** All stages done, mood low. */
    sour: lines,
    /** The learner says goodbye before that. */
    early: lines,
    /** Time is up. */
    late: lines,
  }),
  rubric: z.array(criterion).min(2),
});

export type Scenario = z.infer<typeof scenarioSchema>;
export type ScenarioStage = Scenario['stages'][number];
export type ScenarioLine = z.infer<typeof line>;
export type RubricCriterion = Scenario['rubric'][number];
