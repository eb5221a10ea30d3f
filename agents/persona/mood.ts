/** The persona's mood: moved by what it hears, drifting home, choosing words and face. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import type { ExpressionName } from '#media/face/pose.ts';
import { lexiconFor } from './lexicon.ts';
import type { Understanding } from './understanding.ts';

export const MOOD_LIMIT = 4;
/** Each turn takes the mood this share of the way back to where the persona started: feelings cool. */
const COOLING = 0.12;

export type MoodBand = 'low' | 'mid' | 'high';

export const bandOf = (mood: number): MoodBand =>
  mood <= -1.2 ? 'low' : mood >= 1.4 ? 'high' : 'mid';

const shiftOf = (scenario: Scenario, name: string): number =>
  scenario.cues[name]?.mood ?? lexiconFor(scenario.language).intents[name]?.mood ?? 0;

/** A cue that costs this much mood is meant to hurt. */
const HOSTILE_FROM = -2;

export const isHostile = (scenario: Scenario, heard: Understanding): boolean =>
  [...heard.hits.keys()].some((name) => shiftOf(scenario, name) <= HOSTILE_FROM);

export function moodAfter(scenario: Scenario, mood: number, heard: Understanding): number {
  let shift = 0;
  for (const name of heard.hits.keys()) {
    shift += shiftOf(scenario, name);
  }
  const cooled = mood + (scenario.persona.mood - mood) * COOLING;
  return Math.max(-MOOD_LIMIT, Math.min(MOOD_LIMIT, cooled + shift));
}

export function expressionFor(scenario: Scenario, mood: number): ExpressionName {
  const { expression, lowExpression, highExpression } = scenario.persona;
  return { low: lowExpression, mid: expression, high: highExpression }[bandOf(mood)];
}
