/** The pre-join page: fetches the scene, opens the microphone, creates the session and hands over to the call. */
import { Unplug } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import type { RecognitionGrade, ScenarioSummary } from '#signaling/api-types.ts';
import { fetchCatalogue, type Catalogue } from '../api/client.ts';
import { regionLatencies } from '../api/regions.ts';
import { ApiError } from '../api/problem.ts';
import { Blank } from '../parts/blank.tsx';
import { Link } from '../parts/link.tsx';
import { PageFrame } from '../parts/page-frame.tsx';
import { navigate, pathOf } from '../router.ts';
import { signInPath } from '../sign-in/sign-in-address.ts';
import { changePreferences, readPreferences } from '../storage/preferences.ts';
import { StringsContext, stringsFor, useStrings, type Strings } from '../strings/strings.ts';
import { startSession } from './start-session.ts';
import { PrejoinView, type JoinTrouble } from './prejoin-view.tsx';
import { useDevices } from './use-devices.ts';
import { useMicrophone } from './use-microphone.ts';

type Load =
  | { state: 'loading' }
  | {
      state: 'ready';
      scenario: ScenarioSummary;
      recognition: RecognitionGrade;
      recordings: Catalogue['recordings'];
    }
  | { state: 'unknown' }
  | { state: 'unreachable' };

export function PrejoinPage({ scenarioId }: { scenarioId: string }) {
  const strings = useStrings();
  const [load, setLoad] = useState<Load>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    void regionLatencies();
    fetchCatalogue().then(
      ({ scenarios, recognitionFor, recordings }) => {
        if (!current) return;
        const scenario = scenarios.find((one) => one.id === scenarioId);
        setLoad(
          scenario === undefined
            ? { state: 'unknown' }
            : {
                state: 'ready',
                scenario,
                recognition: recognitionFor(scenario.language),
                recordings,
              },
        );
      },
      () => current && setLoad({ state: 'unreachable' }),
    );
    return () => {
      current = false;
    };
  }, [scenarioId, attempt]);

  if (load.state === 'ready') {
    const sceneStrings = stringsFor(load.scenario.language);
    return (
      <PageFrame title={load.scenario.title} section="rehearse" className="page">
        <StringsContext value={sceneStrings}>
          <Prejoin
            scenario={load.scenario}
            recognition={load.recognition}
            recordings={load.recordings}
          />
        </StringsContext>
      </PageFrame>
    );
  }
  const toScenes = (
    <Link className="button" href="/">
      {strings.app.allScenes}
    </Link>
  );
  return (
    <PageFrame title={strings.catalogue.title} section="rehearse">
      {load.state === 'loading' ? <p role="status">{strings.app.loading}</p> : null}
      {load.state === 'unknown' ? (
        <Blank level={1} title={strings.join.unknownTitle} actions={toScenes}>
          <p>{strings.join.unknownBody}</p>
        </Blank>
      ) : null}
      {load.state === 'unreachable' ? (
        <Blank
          alert
          level={1}
          glyph={<Unplug className="glyph" aria-hidden="true" />}
          title={strings.catalogue.unreachableTitle}
          actions={
            <button
              type="button"
              className="button primary"
              onClick={() => setAttempt(attempt + 1)}
            >
              {strings.app.tryAgain}
            </button>
          }
        >
          <p>{strings.catalogue.unreachableBody}</p>
        </Blank>
      ) : null}
    </PageFrame>
  );
}

function messageFor(error: unknown, strings: Strings): string {
  if (!(error instanceof ApiError)) return strings.join.unreachable;
  if (error.code === 'UNREACHABLE') return strings.join.unreachable;
  if (error.code === 'LIVEKIT_UNREACHABLE') return strings.join.mediaUnreachable;
  return error.message;
}

/** Without a hint from signaling, a quarter of a minute is a fair time to ask again. */
const FULL_RETRY_S = 15;

function Prejoin({
  scenario,
  recognition,
  recordings,
}: {
  scenario: ScenarioSummary;
  recognition: RecognitionGrade;
  recordings: Catalogue['recordings'];
}) {
  const strings = useStrings();
  const stored = useMemo(readPreferences, []);
  const [name, setName] = useState(stored.learnerName);
  const [typing, setTyping] = useState(false);
  // Asked for every call: an old yes is none.
  const [recording, setRecording] = useState(false);
  const [microphoneId, setMicrophoneId] = useState(stored.microphoneId);
  const [speakerId, setSpeakerId] = useState(stored.speakerId);
  const [joining, setJoining] = useState(false);
  const [trouble, setTrouble] = useState<JoinTrouble | null>(null);
  const wanted = recognition !== 'none' && !typing;
  const { microphone, check } = useMicrophone(wanted, microphoneId);
  const devices = useDevices(microphone.state);

  // The call and its media library load while the learner reads, and the media server's name is resolved.
  useEffect(() => {
    void import('../call/call-connection.ts').then(
      ({ warmUp }) => warmUp(stored.lastServerUrl),
      () => undefined,
    );
  }, [stored]);

  const counting = trouble?.kind === 'full' && trouble.secondsLeft > 0;
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(
      () =>
        setTrouble((now) =>
          now?.kind === 'full' ? { ...now, secondsLeft: Math.max(0, now.secondsLeft - 1) } : now,
        ),
      1_000,
    );
    return () => clearInterval(timer);
  }, [counting]);

  const join = () => {
    setJoining(true);
    setTrouble(null);
    changePreferences({ learnerName: name.trim(), microphoneId, speakerId });
    startSession({ scenario, learnerName: name.trim(), typing, recording }).then(
      (sessionId) => navigate(pathOf({ name: 'call', sessionId })),
      (error: unknown) => {
        setJoining(false);
        if (error instanceof ApiError && error.code === 'SESSIONS_FULL') {
          setTrouble({ kind: 'full', secondsLeft: error.retryAfterS ?? FULL_RETRY_S });
          return;
        }
        if (error instanceof ApiError && error.code === 'SIGN_IN_NEEDED') {
          navigate(signInPath(pathOf({ name: 'join', scenarioId: scenario.id })));
          return;
        }
        const requestId = error instanceof ApiError ? error.requestId : null;
        setTrouble({ kind: 'failed', message: messageFor(error, strings), requestId });
      },
    );
  };

  return (
    <PrejoinView
      scenario={scenario}
      recognition={recognition}
      typing={typing}
      onTyping={setTyping}
      name={name}
      onName={setName}
      microphone={{
        microphone,
        devices: devices.microphones,
        chosenId: microphoneId,
        onChoose: setMicrophoneId,
        onCheck: check,
      }}
      speaker={{ devices: devices.speakers, chosenId: speakerId, onChoose: setSpeakerId }}
      consent={
        recordings === null ? null : { ...recordings, agreed: recording, onAgree: setRecording }
      }
      joining={joining}
      trouble={trouble}
      onJoin={join}
    />
  );
}
