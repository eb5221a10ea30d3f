/** What a language needs to be understood and spoken, read from lexicon/*.yaml beside this file. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const phrases = z.array(z.string().min(1));

const lexiconSchema = z.strictObject({
  language: z.string(),
  /** Words that phrases may lack or hold in between. */
  optional: phrases,
  negators: phrases,
  /** Sounds and words that carry nothing and are left out before a turn is judged short. */
  hesitations: phrases,
  intents: z.record(
    z.string(),
    z.strictObject({
      hear: phrases,
      /** The intent holds only when its phrases and hesitations are all that was said. */
      whole: z.boolean().default(false),
      mood: z.number().default(0),
    }),
  ),
  questions: z.strictObject({
    /** Words that open a question wherever a clause may begin. */
    words: phrases,
    /** Verbs that open one when one of `subjects` follows. */
    auxiliaries: phrases,
    subjects: phrases,
    /** Whole phrases that ask. */
    tags: phrases,
    /** Openings that leave the answer open. */
    open: phrases,
    /** Words before a question word that make it a statement ("that is what", "I know why"). */
    notAfter: phrases,
  }),
  time: z.strictObject({
    numbers: phrases,
    units: phrases,
    points: phrases,
    /** Days of a month; with a month after them they are a date. */
    ordinals: phrases,
  }),
  /** Nouns too dull to be taken up by name. */
  dullNouns: phrases,
  /** How a speaker's words turn round: "I was" becomes "you were". */
  flips: z.record(z.string(), z.string()),
  fillers: z.strictObject({
    /** Fillers wherever they stand. */
    always: phrases,
    /** Filler only where the words around it do not need it. */
    byContext: z.record(
      z.string(),
      z.strictObject({ notAfter: phrases.default([]), notBefore: phrases.default([]) }),
    ),
  }),
  /** Questions that any persona may be asked. `{name}` and `{role}` are the persona's. */
  answers: z.array(z.strictObject({ hear: phrases, say: phrases })),
  say: z.strictObject({
    acknowledge: phrases,
    takeUp: phrases,
    short: phrases,
    repeatOpenings: phrases,
    goOn: phrases,
    swearing: phrases,
    nothingSaid: phrases,
    /** Into silence, when the scenario's own nudges are spent. */
    stillThere: phrases,
    farewell: phrases,
  }),
});

export type Lexicon = z.infer<typeof lexiconSchema>;

const loaded = new Map<string, Lexicon>();

/** The lexicon of `language`, or the English one where there is none. Throws ZodError when the file is wrong. */
export function lexiconFor(language: string): Lexicon {
  let lexicon = loaded.get(language);
  if (!lexicon) {
    const pathOf = (code: string): string =>
      fileURLToPath(new URL(`./lexicon/${code}.yaml`, import.meta.url));
    const path = existsSync(pathOf(language)) ? pathOf(language) : pathOf('en');
    lexicon = lexiconSchema.parse(parse(readFileSync(path, 'utf8')));
    loaded.set(language, lexicon);
  }
  return lexicon;
}
