/** A scene in the catalogue: the first one large with its portrait, the others as cards. */
import { Play } from 'lucide-react';
import type { ScenarioSummary } from '#signaling/api-types.ts';
import { KindLabel } from '../parts/kind-label.tsx';
import { Link } from '../parts/link.tsx';
import { Portrait } from '../parts/portrait.tsx';
import { SceneFacts } from '../parts/scene-facts.tsx';
import { pathOf } from '../router.ts';
import { useStrings } from '../strings/strings.ts';

export interface SceneCardProps {
  scenario: ScenarioSummary;
  /** Best score in this browser. */
  best: number | undefined;
}

const optionalBest = (best: number | undefined) => (best === undefined ? {} : { best });

export function LeadScene({ scenario, best }: SceneCardProps) {
  const strings = useStrings();
  return (
    <article className="scene lead card" data-testid={`scene-${scenario.id}`}>
      <Portrait
        face={scenario.persona.face}
        alt={strings.app.portraitOf(`${scenario.persona.name}, ${scenario.persona.role}`)}
        className="picture"
      />
      <div className="body">
        <KindLabel kind={scenario.kind} />
        <h2 lang={scenario.language}>{scenario.title}</h2>
        <p className="quietly" lang={scenario.language}>
          {scenario.summary}
        </p>
        <SceneFacts scenario={scenario} {...optionalBest(best)} />
        <Link
          className="button primary"
          href={pathOf({ name: 'join', scenarioId: scenario.id })}
          aria-label={`${strings.catalogue.start}: ${scenario.title}`}
        >
          <Play className="icon" aria-hidden="true" />
          {strings.catalogue.start}
        </Link>
      </div>
    </article>
  );
}

export function SceneCard({ scenario, best }: SceneCardProps) {
  return (
    <article className="scene card" data-testid={`scene-${scenario.id}`}>
      <KindLabel kind={scenario.kind} />
      <h2 lang={scenario.language}>
        <Link href={pathOf({ name: 'join', scenarioId: scenario.id })}>{scenario.title}</Link>
      </h2>
      <div className="says">
        <Portrait face={scenario.persona.face} alt="" className="face" />
        <p lang={scenario.language}>“{scenario.quote}”</p>
      </div>
      <SceneFacts scenario={scenario} {...optionalBest(best)} />
    </article>
  );
}

export function SceneSkeleton({ lead }: { lead: boolean }) {
  return (
    <div className={lead ? 'scene lead card waiting' : 'scene card waiting'} aria-hidden="true">
      {lead ? <span className="picture" /> : null}
      <div className="body">
        <i style={{ width: '34%' }} />
        <i style={{ width: '82%', height: 24 }} />
        <i style={{ width: '64%' }} />
        <i style={{ width: '52%', marginTop: 'auto' }} />
      </div>
    </div>
  );
}
