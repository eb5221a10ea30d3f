/**
 * Writes one readable transcript per scenario into testdata/: `npx tsx agents/persona/transcripts.ts`. A test holds the
 * files to what the persona says now, so that a change of its lines is seen in review.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { loadScenarios } from '#agents/dispatch/scenario-store.ts';
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { playStory } from './story.ts';

const testdata = (name: string): string =>
  fileURLToPath(new URL(`./testdata/${name}`, import.meta.url));

/** By scenario id, then by the learner's manner: their turns. */
export type Learners = Record<string, Record<string, string[]>>;

export const loadLearners = (): Learners =>
  parse(readFileSync(testdata('learners.yaml'), 'utf8')) as Learners;

export const transcriptPath = (scenario: Scenario): string => testdata(`${scenario.id}.md`);

const TRANSCRIPT_SEED = 7;

export function transcriptOf(scenario: Scenario, learners: Learners): string {
  const parts = [`# ${scenario.title}`, '', 'Made by `npx tsx agents/persona/transcripts.ts`.'];
  for (const [manner, lines] of Object.entries(learners[scenario.id] ?? {})) {
    parts.push('', `## A learner who is ${manner}`, '');
    for (const { learner, reply } of playStory(scenario, TRANSCRIPT_SEED, lines)) {
      if (learner !== null) parts.push(`- You: ${learner === '' ? '_(silence)_' : learner}`);
      parts.push(
        `- **${scenario.persona.name}** (${reply.stageId}): ${reply.text.replaceAll('[', '\\[')}`,
      );
    }
  }
  return `${parts.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const learners = loadLearners();
  for (const scenario of loadScenarios()) {
    writeFileSync(transcriptPath(scenario), transcriptOf(scenario, learners));
  }
}
