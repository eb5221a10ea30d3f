/** The catalogue: every scene that signaling offers, searched and filtered in the browser. */
import { Search, SearchX, Unplug, X } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { ScenarioSummary } from '#signaling/api-types.ts';
import { fetchCatalogue } from '../api/client.ts';
import { Blank } from '../parts/blank.tsx';
import { PageFrame } from '../parts/page-frame.tsx';
import { bestScores, keptSessions } from '../storage/my-reports.ts';
import { useStrings } from '../strings/strings.ts';
import { FilterBar } from './filter-bar.tsx';
import {
  applyFilters,
  countKinds,
  isFiltered,
  languagesOf,
  NO_FILTERS,
  type Filters,
} from './filters.ts';
import { LeadScene, SceneCard, SceneSkeleton } from './scene-card.tsx';

type Load =
  | { state: 'loading' }
  | { state: 'ready'; scenarios: ScenarioSummary[] }
  | { state: 'unreachable' };

export function CataloguePage() {
  const strings = useStrings();
  const [load, setLoad] = useState<Load>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    fetchCatalogue().then(
      ({ scenarios }) => current && setLoad({ state: 'ready', scenarios }),
      () => current && setLoad({ state: 'unreachable' }),
    );
    return () => {
      current = false;
    };
  }, [attempt]);
  const retry = () => {
    setLoad({ state: 'loading' });
    setAttempt(attempt + 1);
  };

  return (
    <PageFrame title={strings.catalogue.title} section="rehearse">
      {load.state === 'ready' ? (
        <Scenes scenarios={load.scenarios} />
      ) : (
        <>
          <Heading />
          {load.state === 'loading' ? (
            <div className="scenes" data-testid="catalogue-loading" style={{ marginTop: 32 }}>
              <span className="visually-hidden" role="status">
                {strings.app.loading}
              </span>
              <SceneSkeleton lead />
              <SceneSkeleton lead={false} />
              <SceneSkeleton lead={false} />
              <SceneSkeleton lead={false} />
              <SceneSkeleton lead={false} />
            </div>
          ) : (
            <div style={{ marginTop: 32 }}>
              <Blank
                alert
                glyph={<Unplug className="glyph" aria-hidden="true" />}
                title={strings.catalogue.unreachableTitle}
                actions={
                  <button type="button" className="button primary" onClick={retry}>
                    {strings.app.tryAgain}
                  </button>
                }
              >
                <p>{strings.catalogue.unreachableBody}</p>
              </Blank>
            </div>
          )}
        </>
      )}
    </PageFrame>
  );
}

function Heading({ children }: { children?: React.ReactNode }) {
  const strings = useStrings();
  return (
    <div className="catalogue-head">
      <div>
        <h1>{strings.catalogue.heading}</h1>
        <p>{strings.catalogue.lead}</p>
      </div>
      {children}
    </div>
  );
}

function Scenes({ scenarios }: { scenarios: readonly ScenarioSummary[] }) {
  const strings = useStrings();
  const texts = strings.catalogue;
  const [filters, setFilters] = useState<Filters>(NO_FILTERS);
  const change = (part: Partial<Filters>) => setFilters((now) => ({ ...now, ...part }));
  const shown = useMemo(() => applyFilters(scenarios, filters), [scenarios, filters]);
  const best = useMemo(() => bestScores(keptSessions()), []);

  if (scenarios.length === 0) {
    return (
      <>
        <Heading />
        <div style={{ marginTop: 32 }}>
          <Blank title={texts.noneTitle}>
            <p>{texts.noneBody}</p>
          </Blank>
        </div>
      </>
    );
  }
  const [first, ...others] = shown;
  return (
    <>
      <Heading>
        <div className="field">
          <Search className="icon" aria-hidden="true" />
          <input
            type="search"
            aria-label={texts.search}
            placeholder={texts.searchAmong(scenarios.length)}
            value={filters.text}
            onChange={(event) => change({ text: event.target.value })}
            data-testid="search"
          />
          {filters.text === '' ? null : (
            <button
              type="button"
              className="button quiet square clear"
              aria-label={texts.clearSearch}
              onClick={() => change({ text: '' })}
            >
              <X className="icon" aria-hidden="true" />
            </button>
          )}
        </div>
      </Heading>
      <FilterBar
        filters={filters}
        counts={countKinds(scenarios, filters)}
        languages={languagesOf(scenarios)}
        onChange={change}
      />
      <p className="visually-hidden" role="status">
        {isFiltered(filters) ? texts.found(shown.length) : ''}
      </p>
      {first === undefined ? (
        <Blank
          glyph={<SearchX className="glyph" aria-hidden="true" />}
          title={texts.emptyTitle}
          actions={
            <button type="button" className="button" onClick={() => setFilters(NO_FILTERS)}>
              {texts.clearAll}
            </button>
          }
        >
          <p>{texts.emptyBody}</p>
        </Blank>
      ) : (
        <div className="scenes" data-testid="scenes">
          <LeadScene scenario={first} best={best.get(first.id)} />
          {others.map((scenario) => (
            <SceneCard key={scenario.id} scenario={scenario} best={best.get(scenario.id)} />
          ))}
        </div>
      )}
    </>
  );
}
