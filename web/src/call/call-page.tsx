/** The call page: joins the tab's session (again), and turns what the room says into the call's model. */
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { Blank } from '../parts/blank.tsx';
import { Link } from '../parts/link.tsx';
import { PageFrame, usePageTitle } from '../parts/page-frame.tsx';
import { navigate, pathOf } from '../router.ts';
import { openCall } from '../storage/open-call.ts';
import { StringsContext, stringsFor, useStrings } from '../strings/strings.ts';
import { openConnection, type CallConnection } from './call-connection.ts';
import { CallRoom } from './call-room.tsx';

export function CallPage({ sessionId }: { sessionId: string }) {
  // The stored call is read once: ending it forgets it while this page still says goodbye.
  const connection = useMemo(() => {
    const call = openCall(sessionId);
    return call === null ? null : openConnection(call);
  }, [sessionId]);
  if (connection === null) {
    return (
      <Apart>
        {(texts) => ({ title: texts.unknownTitle, body: texts.unknownBody, scenarioId: null })}
      </Apart>
    );
  }
  return <Joined key={sessionId} connection={connection} />;
}

function Joined({ connection }: { connection: CallConnection }) {
  const { scenario } = connection.call;
  const [phase, setPhase] = useState(connection.read().phase);
  useEffect(() => {
    const follow = () => setPhase(connection.read().phase);
    follow();
    return connection.subscribe(follow);
  }, [connection]);
  // The report's page is fetched while the server is there: it may be restarting when the call ends.
  useEffect(() => {
    void import('../report/report-page.tsx').catch(() => undefined);
  }, []);
  const detail = connection.read().detail;
  const strings = useMemo(() => stringsFor(scenario.language), [scenario.language]);
  // A room that ended, for whatever reason, leads to its report.
  useEffect(() => {
    if (phase !== 'closed') return;
    const path = pathOf({ name: 'report', sessionId: connection.sessionId });
    navigate(path, { replace: true });
  }, [phase, connection]);
  if (phase === 'failed' || phase === 'expired') {
    return (
      <Apart>
        {(texts) =>
          phase === 'expired'
            ? { title: texts.expiredTitle, body: texts.expiredBody, scenarioId: scenario.id }
            : { title: texts.failedTitle, body: detail, scenarioId: scenario.id }
        }
      </Apart>
    );
  }
  return (
    <StringsContext value={strings}>
      <Titled>
        <CallRoom connection={connection} />
      </Titled>
    </StringsContext>
  );
}

function Titled({ children }: { children: ReactNode }) {
  const texts = useStrings().call;
  usePageTitle(texts.title);
  return children;
}

type Texts = ReturnType<typeof useStrings>['call'];

/** A call that cannot be shown: why, and the way on. */
function Apart({
  children,
}: {
  children: (texts: Texts) => { title: string; body: string; scenarioId: string | null };
}) {
  const strings = useStrings();
  const { title, body, scenarioId } = children(strings.call);
  return (
    <PageFrame title={title}>
      <Blank
        alert
        level={1}
        title={title}
        actions={
          <>
            {scenarioId === null ? null : (
              <Link className="button primary" href={pathOf({ name: 'join', scenarioId })}>
                {strings.app.tryAgain}
              </Link>
            )}
            <Link className="button" href="/">
              {strings.call.backToScenes}
            </Link>
          </>
        }
      >
        <p>{body}</p>
      </Blank>
    </PageFrame>
  );
}
