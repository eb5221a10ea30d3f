/** The sentences that a scenario's persona says word by word: what can be spoken before anybody asks. */
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { spokenTexts } from './piece-reader.ts';

type Line = Scenario['opening'][number];

/** In the order in which a talk needs them; lines with slots are left out, because their words are not known yet. */
export function scenarioTexts(scenario: Scenario): string[] {
  const { opening, stages, silence, misunderstood } = scenario;
  const lines: Line[] = [
    ...opening,
    ...stages.flatMap(({ ask }) => ask),
    ...misunderstood.again,
    ...silence.nudges,
    ...silence.closing,
  ];
  const texts = lines
    .map((line) => (typeof line === 'string' ? line : line.say))
    .filter((text) => !text.includes('{'))
    .flatMap(spokenTexts);
  return [...new Set(texts)];
}
