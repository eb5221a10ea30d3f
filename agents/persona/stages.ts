/** When a stage of the scenario has got what it wanted, and which one follows. */
import type { Scenario, ScenarioStage } from '#agents/dispatch/scenario.ts';
import { stageOf, type DialogueState } from './state.ts';

const heardAny = (stage: ScenarioStage, state: DialogueState): boolean =>
  stage.movesOn.hears.some((name) => (state.heard.get(name) ?? 0) > 0);

/** The stage got what it wanted, whether or not it has lasted its turns. */
export const isSatisfied = (stage: ScenarioStage, state: DialogueState): boolean =>
  heardAny(stage, state) ||
  (stage.movesOn.words !== undefined && state.wordsInStage >= stage.movesOn.words);

export type Progress =
  | { kind: 'stay' }
  /** Time for this stage is up without what it wanted: one direct attempt more. */
  | { kind: 'last-try' }
  | { kind: 'next' }
  /** The last stage is over. */
  | { kind: 'done' };

/** What the learner's turn just counted means for the stage. */
export function progress(scenario: Scenario, state: DialogueState): Progress {
  const stage = stageOf(scenario, state);
  const { minTurns, maxTurns } = stage.movesOn;
  const satisfied = isSatisfied(stage, state);
  if (satisfied && state.turnsInStage < minTurns) return { kind: 'stay' };
  if (!satisfied && state.turnsInStage < maxTurns) return { kind: 'stay' };
  if (!satisfied && stage.lastTry && !state.lastTries.has(stage.id)) return { kind: 'last-try' };
  return state.stageIndex >= scenario.stages.length - 1 ? { kind: 'done' } : { kind: 'next' };
}

/** Enters the next stage, passing over those that ask for no turn of their own and already have what they want. */
export function enterNextStage(scenario: Scenario, state: DialogueState): void {
  do {
    state.stageIndex += 1;
    state.turnsInStage = 0;
    state.wordsInStage = 0;
  } while (
    state.stageIndex < scenario.stages.length - 1 &&
    stageOf(scenario, state).movesOn.minTurns === 0 &&
    isSatisfied(stageOf(scenario, state), state)
  );
}
