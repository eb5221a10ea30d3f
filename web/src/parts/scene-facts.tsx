/** Length, difficulty and language of a scene, in one line. */
import { Check, Clock, Globe } from 'lucide-react';
import type { ScenarioSummary } from '#signaling/api-types.ts';
import { DIFFICULTIES } from '../catalogue/filters.ts';
import { languageName, useStrings } from '../strings/strings.ts';

export function SceneFacts({ scenario, best }: { scenario: ScenarioSummary; best?: number }) {
  const strings = useStrings();
  const steps = DIFFICULTIES.indexOf(scenario.difficulty);
  return (
    <div className="facts">
      <span>
        <Clock className="icon small" aria-hidden="true" />
        {strings.minutes(scenario.durationMinutes)}
      </span>
      <span>
        <span className="steps" aria-hidden="true">
          {DIFFICULTIES.map((difficulty, index) => (
            <i key={difficulty} className={index <= steps ? 'on' : ''} />
          ))}
        </span>
        <span className="visually-hidden">{strings.catalogue.difficultyLabel}</span>
        {strings.difficulties[scenario.difficulty]}
      </span>
      <span>
        <Globe className="icon small" aria-hidden="true" />
        {languageName(scenario.language)}
      </span>
      {best === undefined ? null : (
        <span className="best">
          <Check className="icon small" aria-hidden="true" />
          {strings.catalogue.best(best)}
        </span>
      )}
    </div>
  );
}
