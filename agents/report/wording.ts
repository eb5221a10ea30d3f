/** The report's own sentences, by language, from wording/*.yaml beside this file. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';

const wordingSchema = z.strictObject({
  basicRecognition: z.string(),
  strengths: z.strictObject({
    fewFillers: z.string(),
    balancedTalk: z.string(),
    askedQuestions: z.string(),
    stayed: z.string(),
  }),
  improvements: z.strictObject({
    manyFillers: z.string(),
    tooFast: z.string(),
    tooSlow: z.string(),
    talkedMost: z.string(),
    talkedLittle: z.string(),
    interrupted: z.string(),
    askedNothing: z.string(),
  }),
});

export type Wording = z.infer<typeof wordingSchema>;

const loaded = new Map<string, Wording>();

/** The sentences of `language`, or the English ones where there are none. */
export function wordingFor(language: string): Wording {
  let wording = loaded.get(language);
  if (!wording) {
    const pathOf = (code: string): string =>
      fileURLToPath(new URL(`./wording/${code}.yaml`, import.meta.url));
    const path = existsSync(pathOf(language)) ? pathOf(language) : pathOf('en');
    wording = wordingSchema.parse(parse(readFileSync(path, 'utf8')));
    loaded.set(language, wording);
  }
  return wording;
}

/** Puts values into `{name}` places. */
export const worded = (sentence: string, values: Record<string, string | number>): string =>
  sentence.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
