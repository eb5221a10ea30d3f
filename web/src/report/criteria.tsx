/** The rubric: each criterion's level in words, its evidence as quotes that lead to the transcript, and advice. */
import { CircleAlert, CircleCheck, Lightbulb } from 'lucide-react';
import type { Report } from '#signaling/api-types.ts';
import { clockTime } from '../format.ts';
import { useStrings } from '../strings/strings.ts';

const STEPS = [1, 2, 3, 4];

export function Criteria({
  report,
  onJump,
}: {
  report: Report;
  onJump: (turnIndex: number) => void;
}) {
  const texts = useStrings().report;
  return (
    <section className="card section" data-testid="criteria">
      <h2>{texts.scored}</h2>
      {report.criteria.map((criterion, index) => (
        <article key={criterion.id} className="criterion">
          <div className="head">
            <h3 lang={report.language}>
              {index + 1}. {criterion.title}
            </h3>
            <span className="level">
              <span className="bars" aria-hidden="true">
                {STEPS.map((step) => (
                  <i key={step} className={criterion.level >= step ? 'on' : ''} />
                ))}
              </span>
              {texts.levels[criterion.level]}
            </span>
          </div>
          {criterion.evidence.length === 0 ? (
            <p className="quietly small-text none">{texts.noEvidence}</p>
          ) : null}
          {criterion.evidence.map((evidence) => {
            const Icon = evidence.polarity === 'for' ? CircleCheck : CircleAlert;
            return (
              <div
                key={`${evidence.turnIndex}-${evidence.atMs}-${evidence.quote}`}
                className={`evidence ${evidence.polarity}`}
              >
                <button
                  type="button"
                  className="button"
                  onClick={() => onJump(evidence.turnIndex)}
                  aria-label={texts.jumpTo(clockTime(evidence.atMs))}
                >
                  <Icon className="icon small" aria-hidden="true" />
                  {clockTime(evidence.atMs)}
                </button>
                <q lang={report.language}>{evidence.quote}</q>
                <small>
                  <span className="visually-hidden">
                    {evidence.polarity === 'for' ? texts.evidenceFor : texts.evidenceAgainst}:{' '}
                  </span>
                  {evidence.note}
                </small>
              </div>
            );
          })}
          {criterion.advice === '' ? null : (
            <p className="advice">
              <Lightbulb className="icon small" aria-hidden="true" />
              <span>{criterion.advice}</span>
            </p>
          )}
        </article>
      ))}
    </section>
  );
}
