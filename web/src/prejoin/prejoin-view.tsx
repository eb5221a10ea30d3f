/** The pre-join page drawn from its state: the scene on one side, the checks and the way in on the other. */
import { ChevronLeft, Ear, Keyboard, Mic } from 'lucide-react';
import type { RecognitionGrade, ScenarioSummary } from '#signaling/api-types.ts';
import { Link } from '../parts/link.tsx';
import { KindLabel } from '../parts/kind-label.tsx';
import { Portrait } from '../parts/portrait.tsx';
import { SceneFacts } from '../parts/scene-facts.tsx';
import { languageName, useStrings } from '../strings/strings.ts';
import { MicrophoneCheck, type MicrophoneCheckProps } from './microphone-check.tsx';
import { RecordingConsent, type RecordingConsentProps } from './recording-consent.tsx';
import { SpeakerCheck, type SpeakerCheckProps } from './speaker-check.tsx';

export type JoinTrouble =
  | { kind: 'full'; secondsLeft: number }
  | { kind: 'failed'; message: string; requestId: string | null };

export interface PrejoinViewProps {
  scenario: ScenarioSummary;
  recognition: RecognitionGrade;
  typing: boolean;
  onTyping: (typing: boolean) => void;
  name: string;
  onName: (name: string) => void;
  microphone: MicrophoneCheckProps;
  speaker: SpeakerCheckProps;
  /** Null where calls are not recorded. */
  consent: RecordingConsentProps | null;
  joining: boolean;
  trouble: JoinTrouble | null;
  onJoin: () => void;
}

/** Names go into the avatar's prompts and the report; forty characters hold any of them. */
const NAME_LENGTH = 40;

export function PrejoinView(props: PrejoinViewProps) {
  const { scenario, recognition, typing, microphone } = props;
  const strings = useStrings();
  const texts = strings.join;
  const speechPossible = recognition !== 'none';
  const usesTyping = typing || !speechPossible;
  const micState = microphone.microphone.state;
  const micReady = micState === 'live' || micState === 'idle' || micState === 'asking';
  const canStart = usesTyping || micReady;
  const full = props.trouble?.kind === 'full' && props.trouble.secondsLeft > 0;
  return (
    <div className="prejoin" data-testid="prejoin">
      <section className="briefing">
        <Link className="button quiet back" href="/">
          <ChevronLeft className="icon small" aria-hidden="true" />
          {strings.app.allScenes}
        </Link>
        <h1 lang={scenario.language}>{scenario.title}</h1>
        <div className="line">
          <KindLabel kind={scenario.kind} />
          <SceneFacts scenario={scenario} />
        </div>
        <div className="preview">
          <Portrait
            face={scenario.persona.face}
            alt={strings.app.portraitOf(scenario.persona.name)}
          />
          <span className="tag">
            <i className="dot" />
            <span lang={scenario.language}>
              {texts.ready(`${scenario.persona.name}, ${scenario.persona.role}`)}
            </span>
          </span>
        </div>
        <dl className="brief">
          <div>
            <dt>{texts.scene}</dt>
            <dd lang={scenario.language}>{scenario.summary}</dd>
          </div>
          <div>
            <dt>{texts.aimFor}</dt>
            <dd lang={scenario.language}>
              <ul>
                {scenario.aims.map((aim) => (
                  <li key={aim.id}>{aim.text}</li>
                ))}
              </ul>
            </dd>
          </div>
        </dl>
      </section>
      <form
        className="way-in"
        aria-label={texts.checks}
        onSubmit={(event) => {
          event.preventDefault();
          if (canStart && !props.joining && !full) props.onJoin();
        }}
      >
        <div className="card checks">
          {speechPossible ? <MicrophoneCheck {...microphone} /> : null}
          <SpeakerCheck {...props.speaker} />
          {recognition === 'full' ? null : (
            <div className="check" data-testid="recognition-note" data-state={recognition}>
              <Ear className="icon" aria-hidden="true" />
              <h2 className="title">{texts.recognition}</h2>
              <span className="status">{speechPossible ? null : texts.typedOnlyShort}</span>
              <p className="more quietly small-text">
                {speechPossible
                  ? texts.basicNote
                  : texts.typedOnlyNote(languageName(scenario.language, scenario.language))}
              </p>
            </div>
          )}
          <div className="check name">
            <label htmlFor="learner-name" className="title">
              {texts.name}
            </label>
            <div className="field">
              <input
                id="learner-name"
                name="name"
                autoComplete="given-name"
                maxLength={NAME_LENGTH}
                value={props.name}
                aria-describedby="learner-name-hint"
                onChange={(event) => props.onName(event.target.value)}
              />
            </div>
            <p id="learner-name-hint" className="quietly small-text">
              {texts.nameHint}
            </p>
          </div>
          {props.consent === null ? null : <RecordingConsent {...props.consent} />}
        </div>
        <div className="go">
          {props.trouble === null ? null : <Trouble trouble={props.trouble} />}
          <div className={speechPossible ? 'buttons two' : 'buttons'}>
            {speechPossible ? (
              <button
                type="button"
                className="button"
                onClick={() => props.onTyping(!typing)}
                data-testid="type-instead"
              >
                {typing ? (
                  <Mic className="icon" aria-hidden="true" />
                ) : (
                  <Keyboard className="icon" aria-hidden="true" />
                )}
                {typing ? texts.speakInstead : texts.typeInstead}
              </button>
            ) : null}
            <button
              type="submit"
              className="button primary big"
              disabled={!canStart || props.joining || full}
              data-testid="join"
            >
              {props.joining ? texts.starting : usesTyping ? texts.startTyping : texts.start}
            </button>
          </div>
          <p className="quietly small-text">
            {canStart ? texts.footnote(scenario.durationMinutes) : texts.waitingForMicrophone}
          </p>
        </div>
      </form>
    </div>
  );
}

function Trouble({ trouble }: { trouble: JoinTrouble }) {
  const texts = useStrings().join;
  return (
    <div className="trouble" role="alert" data-testid="join-trouble" data-state={trouble.kind}>
      <b>{trouble.kind === 'full' ? texts.fullTitle : texts.failedTitle}</b>
      {trouble.kind === 'full' ? (
        <p aria-live="off">
          {trouble.secondsLeft > 0 ? texts.fullBody(trouble.secondsLeft) : texts.fullNow}
        </p>
      ) : (
        <p>
          {trouble.message}
          {trouble.requestId === null ? null : <small> ({trouble.requestId})</small>}
        </p>
      )}
    </div>
  );
}
