/** My reports: the sessions done in this browser, newest first. */
import { FileText, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { dateTime, spokenDuration } from '../format.ts';
import { Blank } from '../parts/blank.tsx';
import { KindLabel } from '../parts/kind-label.tsx';
import { Link } from '../parts/link.tsx';
import { PageFrame } from '../parts/page-frame.tsx';
import { Portrait } from '../parts/portrait.tsx';
import { pathOf } from '../router.ts';
import {
  forgetSession,
  keepSession,
  keptSessions,
  type KeptSession,
} from '../storage/my-reports.ts';
import { useStrings } from '../strings/strings.ts';

export function ReportsPage() {
  const strings = useStrings();
  const texts = strings.reports;
  const [sessions, setSessions] = useState(keptSessions);
  const [removed, setRemoved] = useState<KeptSession | null>(null);
  const remove = (session: KeptSession) => {
    forgetSession(session.sessionId);
    setRemoved(session);
    setSessions(keptSessions());
  };
  const undo = () => {
    if (removed !== null) keepSession(removed);
    setRemoved(null);
    setSessions(keptSessions());
  };
  return (
    <PageFrame title={texts.title} section="reports">
      <div className="reports-head">
        <h1>{texts.heading}</h1>
        <p className="quietly">{texts.lead}</p>
      </div>
      <div role="status">
        {removed === null ? null : (
          <p className="removed">
            {texts.removed}
            <button type="button" className="button" onClick={undo}>
              {texts.undo}
            </button>
          </p>
        )}
      </div>
      {sessions.length === 0 ? (
        <Blank
          glyph={<FileText className="glyph" aria-hidden="true" />}
          title={texts.emptyTitle}
          actions={
            <Link className="button primary" href="/">
              {texts.chooseScene}
            </Link>
          }
        >
          <p>{texts.emptyBody}</p>
        </Blank>
      ) : (
        <ul className="kept" data-testid="kept">
          {sessions.map((session) => (
            <li key={session.sessionId} className="card">
              <Portrait face={session.face} alt="" className="face" />
              <div className="what">
                <KindLabel kind={session.kind} />
                <h2 lang={session.language}>
                  <Link href={pathOf({ name: 'report', sessionId: session.sessionId })}>
                    {session.title}
                  </Link>
                </h2>
                <p className="quietly small-text">
                  {dateTime(session.startedAt)}
                  {session.report === null ? '' : `, ${spokenDuration(session.report.durationMs)}`}
                </p>
              </div>
              <Outcome session={session} />
              <button
                type="button"
                className="button quiet square"
                aria-label={texts.remove(session.title)}
                onClick={() => remove(session)}
              >
                <Trash2 className="icon" aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </PageFrame>
  );
}

function Outcome({ session }: { session: KeptSession }) {
  const strings = useStrings();
  if (session.report === null)
    return <span className="outcome quietly small-text">{strings.reports.notRead}</span>;
  if (session.report.score === null) {
    return <span className="outcome quietly small-text">{strings.reports.tooShort}</span>;
  }
  return (
    <span className="outcome">
      <b>{session.report.score}</b>{' '}
      <span className="quietly small-text">{strings.report.of100}</span>
    </span>
  );
}
