/** What the persona carries from turn to turn. Always folded from the history, never kept between calls. */
import type { Scenario, ScenarioStage } from '#agents/dispatch/scenario.ts';
import type { Understanding } from './understanding.ts';

export interface DialogueState {
  stageIndex: number;
  turnsInStage: number;
  wordsInStage: number;
  learnerTurns: number;
  /** -4..4 */
  mood: number;
  /** How many learner turns held each cue, intent or topic. */
  heard: Map<string, number>;
  /** Cues, intents and topics heard since the stage began. */
  heardInStage: Set<string>;
  /** Learner turns that were openly hostile. */
  hostileTurns: number;
  /** How many learner turns counted towards each aim. */
  aimCounts: Map<string, number>;
  /** Templates already used, so that none comes twice. */
  usedLines: Set<string>;
  /** Sentences already said, as compared. */
  saidSentences: Set<string>;
  /** Slot values already taken up. */
  takenUp: Set<string>;
  /** Stages whose last try was made. */
  lastTries: Set<string>;
  /** Silences in a row, and in all. */
  silences: number;
  silencesInAll: number;
  /** Turns in a row that were not understood. */
  misses: number;
  /** The persona's last question, to say again on request. */
  lastQuestion: string | null;
  lastInterrupted: boolean;
  lastReaction: string | null;
  closed: boolean;
}

export const initialState = (scenario: Scenario): DialogueState => ({
  stageIndex: 0,
  turnsInStage: 0,
  wordsInStage: 0,
  learnerTurns: 0,
  mood: scenario.persona.mood,
  heard: new Map(),
  heardInStage: new Set(),
  hostileTurns: 0,
  aimCounts: new Map(),
  usedLines: new Set(),
  saidSentences: new Set(),
  takenUp: new Set(),
  lastTries: new Set(),
  silences: 0,
  silencesInAll: 0,
  misses: 0,
  lastQuestion: null,
  lastInterrupted: false,
  lastReaction: null,
  closed: false,
});

/** Adds what a learner turn held to the counts of the stage, the cues and the aims. */
export function countTurn(scenario: Scenario, state: DialogueState, heard: Understanding): void {
  state.learnerTurns += 1;
  state.turnsInStage += 1;
  state.wordsInStage += heard.wordCount;
  for (const name of [...heard.hits.keys(), ...heard.topics.map((topic) => `topic:${topic}`)]) {
    state.heard.set(name, (state.heard.get(name) ?? 0) + 1);
    state.heardInStage.add(name);
  }
  for (const aim of scenario.aims) {
    const inTime = aim.withinTurns === undefined || state.learnerTurns <= aim.withinTurns;
    if (inTime && aim.reachedBy.some((name) => heard.hits.has(name))) {
      state.aimCounts.set(aim.id, (state.aimCounts.get(aim.id) ?? 0) + 1);
    }
  }
}

export const aimsReached = (scenario: Scenario, state: DialogueState): string[] =>
  scenario.aims
    .filter((aim) => (state.aimCounts.get(aim.id) ?? 0) >= aim.times)
    .map(({ id }) => id);

/** Sentences of a text, with their punctuation. */
export const sentencesOf = (text: string): string[] =>
  (text.match(/[^.?!…]+[.?!…]*["”’]?/g) ?? []).map((sentence) => sentence.trim()).filter(Boolean);

/** A sentence as it is compared with others: case, punctuation and spaces do not tell two apart. */
export const sentenceKey = (sentence: string): string =>
  sentence
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}' ]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Sentences of fewer words ("I see.", "All right.") may come again. */
export const REPEATABLE_BELOW_WORDS = 4;

export function rememberSentences(state: DialogueState, spoken: string): void {
  for (const key of sentencesOf(spoken).map(sentenceKey)) {
    if (key.split(' ').length >= REPEATABLE_BELOW_WORDS) state.saidSentences.add(key);
  }
}

/** Remembers a whole reply: its sentences, and its last question, to be asked again on request. */
export function rememberSaid(state: DialogueState, spoken: string): void {
  rememberSentences(state, spoken);
  state.lastQuestion =
    sentencesOf(spoken)
      .filter((sentence) => sentence.endsWith('?'))
      .at(-1) ?? state.lastQuestion;
}

export const stageOf = (scenario: Scenario, state: DialogueState): ScenarioStage =>
  scenario.stages[Math.min(state.stageIndex, scenario.stages.length - 1)]!;
