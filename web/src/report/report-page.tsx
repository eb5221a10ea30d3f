/** The report page: waits for the report, then shows it, or says plainly why there is none. */
import { CircleCheck, FileX } from 'lucide-react';
import { useMemo } from 'react';
import { Blank } from '../parts/blank.tsx';
import { Link } from '../parts/link.tsx';
import { PageFrame } from '../parts/page-frame.tsx';
import { pathOf } from '../router.ts';
import { keptSession, keptSessions, previousScore } from '../storage/my-reports.ts';
import { useStrings } from '../strings/strings.ts';
import { RecordingCard } from './recording-card.tsx';
import { ReportView } from './report-view.tsx';
import { useReport, type ReportLoad } from './use-report.ts';

export function ReportPage({ sessionId }: { sessionId: string }) {
  const strings = useStrings();
  const { load, again } = useReport(sessionId);
  const session = useMemo(() => keptSession(sessionId), [sessionId]);
  const title =
    session === null ? strings.report.title : `${strings.report.title}: ${session.title}`;
  return (
    <PageFrame title={title} section="reports">
      {load.state === 'ready' ? (
        <ReportView
          report={load.report}
          recording={session?.recorded === true ? <RecordingCard session={session} /> : null}
          before={previousScore(keptSessions(), load.report.scenarioId, session?.startedAt ?? '')}
        />
      ) : (
        <>
          {session === null || load.state === 'unknown' ? null : (
            <div className="report-head">
              <div>
                <p className="quietly">{strings.report.kindReport[session.kind]}</p>
                <h1 lang={session.language}>{session.title}</h1>
              </div>
            </div>
          )}
          <Waiting load={load} again={again} scenarioId={session?.scenarioId ?? null} />
        </>
      )}
    </PageFrame>
  );
}

export function Waiting({
  load,
  again,
  scenarioId,
}: {
  load: Exclude<ReportLoad, { state: 'ready' }>;
  again: () => void;
  scenarioId: string | null;
}) {
  const strings = useStrings();
  const texts = strings.report;
  const toReports = (
    <Link className="button quiet" href="/reports">
      {strings.app.myReports}
    </Link>
  );
  const tryScene =
    scenarioId === null ? null : (
      <Link className="button" href={pathOf({ name: 'join', scenarioId })}>
        {texts.tryAgain}
      </Link>
    );
  switch (load.state) {
    case 'pending': {
      const [ended, gathered, finding] = texts.pendingSteps;
      return (
        <section className="card blank" aria-live="polite" data-testid="report-pending">
          <h2>{texts.pendingTitle}</h2>
          <p>{load.long ? texts.pendingLong : texts.pendingBody}</p>
          <ul className="waiting-steps">
            <li>
              <CircleCheck className="icon" aria-hidden="true" />
              {ended}
            </li>
            <li>
              <i className="dot thinking" />
              {gathered}
            </li>
            <li>
              <i className="dot" />
              {finding}
            </li>
          </ul>
          <div className="row wrap">
            {tryScene}
            {toReports}
          </div>
        </section>
      );
    }
    case 'unknown':
    case 'expired':
      return (
        <Blank
          alert
          level={load.state === 'unknown' ? 1 : 2}
          glyph={<FileX className="glyph" aria-hidden="true" />}
          title={texts.unknownTitle}
          actions={
            <>
              {tryScene}
              {toReports}
            </>
          }
        >
          <p>{load.state === 'expired' ? texts.expiredBody : texts.unknownBody}</p>
        </Blank>
      );
    case 'overdue':
    case 'failed':
      return (
        <Blank
          alert
          glyph={<FileX className="glyph" aria-hidden="true" />}
          title={load.state === 'overdue' ? texts.overdueTitle : texts.failedTitle}
          actions={
            <>
              <button type="button" className="button primary" onClick={again}>
                {strings.app.tryAgain}
              </button>
              {toReports}
            </>
          }
        >
          <p>{load.state === 'overdue' ? texts.overdueBody : texts.failedBody}</p>
        </Blank>
      );
  }
}
