/** When a stage of the scenario has got what it wanted, and which one follows. */
import type { Scenario, ScenarioStage } from '#agents/dispatch/scenario.ts';
import { stageOf, type DialogueState } from './state.ts';

/** The scenario's own cues count from anywhere in the talk; an intent such as `time` or `no` only as an answer now. */
const heardAny = (scenario: Scenario, stage: ScenarioStage, state: DialogueState): boolean =>
  stage.movesOn.hears.some((name) =>
    name in scenario.cues ? state.heard.has(name) : state.heardInStage.has(name),
  );

/** The stage got what it wanted, whether or not it has lasted its turns. */
export const isSatisfied = (
  scenario: Scenario,
  stage: ScenarioStage,
  state: DialogueState,
): boolean =>
  heardAny(scenario, stage, state) ||
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
  const satisfied = isSatisfied(scenario, stage, state);
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
    state.heardInStage.clear();
  } while (
    state.stageIndex < scenario.stages.length - 1 &&
    stageOf(scenario, state).movesOn.minTurns === 0 &&
    isSatisfied(scenario, stageOf(scenario, state), state)
  );
}
