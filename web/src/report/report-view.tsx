/** A report drawn from its data. */
import {
  CircleCheck,
  Download,
  Printer,
  RotateCcw,
  Target,
  TrendingDown,
  TrendingUp,
} from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { Report } from '#signaling/api-types.ts';
import { dateTime, spokenDuration } from '../format.ts';
import { Link } from '../parts/link.tsx';
import { pathOf } from '../router.ts';
import { useStrings } from '../strings/strings.ts';
import { Fillers, Pace, Pauses, Questions, TalkShare } from './charts.tsx';
import { Criteria } from './criteria.tsx';
import { Ribbon } from './ribbon.tsx';
import { Transcript, type Jump } from './transcript.tsx';

export function ReportView({
  report,
  before,
  recording = null,
}: {
  report: Report;
  before: number | null;
  recording?: ReactNode;
}) {
  const texts = useStrings().report;
  const [jump, setJump] = useState<Jump | null>(null);
  const [all, setAll] = useState(false);
  const jumpTo = (turnIndex: number) => {
    setAll(true);
    setJump((last) => ({ turnIndex, count: (last?.count ?? 0) + 1 }));
  };
  const print = () => {
    setAll(true);
    // After the unfolded transcript has been painted.
    requestAnimationFrame(() => requestAnimationFrame(() => window.print()));
  };
  const scored = report.status === 'scored';
  return (
    <div className="report" data-testid="report" data-state={report.status}>
      <div className="report-head">
        <div>
          <p className="quietly">
            {texts.kindReport[report.kind]}, {spokenDuration(report.durationMs)},{' '}
            {dateTime(report.startedAt)}
          </p>
          <h1 lang={report.language}>{report.scenarioTitle}</h1>
        </div>
        <div className="row wrap no-print">
          <button type="button" className="button" onClick={print}>
            <Printer className="icon" aria-hidden="true" />
            {texts.print}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => saveJson(report)}
            data-testid="save"
          >
            <Download className="icon" aria-hidden="true" />
            {texts.saveJson}
          </button>
          <Link
            className="button primary"
            href={pathOf({ name: 'join', scenarioId: report.scenarioId })}
          >
            <RotateCcw className="icon" aria-hidden="true" />
            {texts.tryAgain}
          </Link>
        </div>
      </div>
      {scored ? (
        <Verdict report={report} before={before} />
      ) : (
        <section className="card too-short">
          <h2>{texts.tooShortTitle}</h2>
          <p className="quietly">{texts.tooShortBody}</p>
        </section>
      )}
      {recording}
      {report.transcript.length === 0 ? null : <Ribbon report={report} onJump={jumpTo} />}
      {scored ? (
        <div className="report-columns">
          <Criteria report={report} onJump={jumpTo} />
          <aside className="charts" aria-label={texts.speech}>
            <TalkShare report={report} />
            <Pace report={report} />
            <Fillers report={report} />
            <Pauses report={report} />
            <Questions report={report} />
          </aside>
        </div>
      ) : null}
      <Transcript report={report} jump={jump} all={all} onAll={setAll} />
    </div>
  );
}

function Verdict({ report, before }: { report: Report; before: number | null }) {
  const texts = useStrings().report;
  const { score } = report;
  const note =
    report.recognition === 'none'
      ? texts.typedOnlyNote
      : report.recognition === 'basic'
        ? texts.basicNote
        : null;
  return (
    <section className="card verdict" data-testid="verdict">
      <div>
        {score === null ? null : (
          <p className="score">
            <b data-testid="score">{score}</b> <span className="quietly">{texts.of100}</span>
          </p>
        )}
        {score === null || before === null ? null : <Change points={score - before} />}
      </div>
      <div>
        <h2>
          <CircleCheck className="icon" aria-hidden="true" />
          {texts.landed}
        </h2>
        <Lines lines={report.strengths} none={texts.nothingLanded} />
      </div>
      <div>
        <h2>
          <Target className="icon" aria-hidden="true" />
          {texts.next}
        </h2>
        <Lines lines={report.improvements} none={texts.nothingNext} />
      </div>
      {note === null ? null : <p className="note quietly small-text">{note}</p>}
    </section>
  );
}

function Lines({ lines, none }: { lines: readonly string[]; none: string }) {
  if (lines.length === 0) return <p className="quietly">{none}</p>;
  return (
    <ul>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function Change({ points }: { points: number }) {
  const texts = useStrings().report;
  if (points === 0) return <p className="chip">{texts.same}</p>;
  return points > 0 ? (
    <p className="chip good">
      <TrendingUp className="icon small" aria-hidden="true" />
      {texts.more(points)}
    </p>
  ) : (
    <p className="chip">
      <TrendingDown className="icon small" aria-hidden="true" />
      {texts.less(-points)}
    </p>
  );
}

function saveJson(report: Report): void {
  const blob = new Blob([JSON.stringify(report, null, 2)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${report.scenarioId}-${report.startedAt.slice(0, 10)}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
