/** Chooses and fills the persona's lines: never one twice, in the words that fit its mood, with what it can take up. */
import type { ScenarioLine } from '#agents/dispatch/scenario.ts';
import { bandOf } from './mood.ts';
import { stripStageDirections } from './stage-directions.ts';
import {
  REPEATABLE_BELOW_WORDS,
  rememberSentences,
  sentenceKey,
  sentencesOf,
  type DialogueState,
} from './state.ts';
import type { SlotName } from './understanding.ts';

export type Slots = Readonly<Partial<Record<SlotName | 'name' | 'role', string>>>;

/** A number 0..2^32-1 that depends on nothing but its parts (FNV-1a). */
export function hashOf(...parts: (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of parts.join('\u0000')) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0;
  }
  return hash;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The line with its slots filled, or null when one is missing. */
function fill(template: string, slots: Slots): string | null {
  let missing = false;
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, slot: string) => {
    const value = slots[slot.toLowerCase() as SlotName];
    if (value === undefined) missing = true;
    return value === undefined ? '' : /^[A-Z]/.test(slot) ? capital(value) : value;
  });
  return missing ? null : filled;
}

const slotNames = (template: string): string[] =>
  [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!.toLowerCase());

interface Candidate {
  template: string;
  text: string;
  rank: number;
}

/** Lines that take up the learner's words come first, then those written for the mood, then the rest. */
const RANK = { takesUp: 2, forMood: 1, plain: 0 } as const;

export interface Choice {
  template: string;
  text: string;
}

/**
 * A line of `pool` that was not used yet and says no sentence again, or null. `salt` tells apart choices of one turn.
 * Depends only on its arguments; changes nothing: `markUsed` does.
 */
export function chooseLine(
  pool: readonly ScenarioLine[],
  state: DialogueState,
  slots: Slots,
  seed: number,
  salt: string,
): Choice | null {
  const band = bandOf(state.mood);
  const candidates: Candidate[] = [];
  for (const entry of pool) {
    const template = typeof entry === 'string' ? entry : entry.say;
    const mood = typeof entry === 'string' ? null : entry.mood;
    if ((mood !== null && mood !== band) || state.usedLines.has(template)) continue;
    const names = slotNames(template);
    if (names.some((slot) => state.takenUp.has(slots[slot as SlotName] ?? ''))) continue;
    const text = fill(template, slots);
    if (text === null || saysAgain(state, text)) continue;
    const takesUp = names.some((slot) => slot !== 'name' && slot !== 'role');
    candidates.push({
      template,
      text,
      rank: takesUp ? RANK.takesUp : mood ? RANK.forMood : RANK.plain,
    });
  }
  const top = Math.max(...candidates.map((candidate) => candidate.rank));
  const best = candidates.filter((candidate) => candidate.rank === top);
  if (best.length === 0) return null;
  return best[hashOf(seed, state.learnerTurns, state.silencesInAll, salt) % best.length] ?? null;
}

const saysAgain = (state: DialogueState, text: string): boolean =>
  sentencesOf(stripStageDirections(text)).some((sentence) => {
    const key = sentenceKey(sentence);
    return key.split(' ').length >= REPEATABLE_BELOW_WORDS && state.saidSentences.has(key);
  });

export function markUsed(state: DialogueState, choice: Choice, slots: Slots): void {
  state.usedLines.add(choice.template);
  rememberSentences(state, stripStageDirections(choice.text));
  for (const slot of slotNames(choice.template)) {
    const value = slots[slot as SlotName];
    if (value !== undefined && slot !== 'name' && slot !== 'role') state.takenUp.add(value);
  }
}
