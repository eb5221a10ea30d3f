/** The bar low on the stage: one thing that happened, and the ways on. It never covers eyes or mouth. */
import { Keyboard, Mic, RotateCcw, Volume2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { useStrings } from '../strings/strings.ts';
import { UNDO_MS, type CallActions, type CallModel } from './call-model.ts';
import type { Notice } from './call-state.ts';

interface Words {
  title: string;
  body: string;
  actions?: ReactNode;
  /** Share of the bar below; -1 for one that runs by itself. */
  progress?: number;
}

export function NoticeBar({
  notice,
  model,
  actions,
}: {
  notice: Notice;
  model: CallModel;
  actions: CallActions;
}) {
  const strings = useStrings();
  const words = wordsFor(notice, model, actions, strings);
  return (
    <div className="notice" role="alert" data-testid="notice" data-state={notice}>
      <div>
        <h2>{words.title}</h2>
        <p>{words.body}</p>
      </div>
      {words.actions === undefined ? null : <div className="row wrap">{words.actions}</div>}
      {words.progress === undefined ? null : (
        <div className="progress" aria-hidden="true">
          {words.progress < 0 ? (
            <i className="running" style={{ animationDuration: `${UNDO_MS}ms` }} />
          ) : (
            <i style={{ width: `${words.progress * 100}%` }} />
          )}
        </div>
      )}
    </div>
  );
}

function Do({
  act,
  children,
  quiet = false,
  primary = false,
  testId,
}: {
  act: () => void;
  children: ReactNode;
  quiet?: boolean;
  primary?: boolean;
  testId?: string;
}) {
  const look = primary ? 'button primary' : quiet ? 'button quiet' : 'button';
  return (
    <button type="button" className={look} onClick={act} data-testid={testId}>
      {children}
    </button>
  );
}

function wordsFor(
  notice: Notice,
  model: CallModel,
  actions: CallActions,
  strings: ReturnType<typeof useStrings>,
): Words {
  const texts = strings.call;
  const name = model.scenario.persona.name;
  const again = <RotateCcw className="icon" aria-hidden="true" />;
  switch (notice) {
    case 'ending':
      return {
        title: texts.endingTitle,
        body: texts.endingBody,
        progress: -1,
        actions: (
          <>
            <Do act={actions.keepTalking} testId="keep-talking">
              {texts.keepTalking}
            </Do>
            <Do act={actions.endNow} quiet testId="end-now">
              {texts.endNow}
            </Do>
          </>
        ),
      };
    case 'closing':
      return { title: texts.closingTitle, body: texts.closingBody };
    case 'reconnecting':
      return {
        title: texts.reconnectingTitle,
        body: texts.reconnectingBody(Math.max(1, model.attempt), model.attempts),
        progress: Math.max(1, model.attempt) / model.attempts,
        actions: (
          <>
            <Do act={actions.tryNow}>
              {again}
              {texts.tryNow}
            </Do>
            <Do act={actions.leave} quiet>
              {texts.leave}
            </Do>
          </>
        ),
      };
    case 'lost':
      return {
        title: texts.lostTitle,
        body: texts.lostBody,
        actions: (
          <>
            <Do act={actions.tryNow} primary>
              {again}
              {texts.tryNow}
            </Do>
            <Do act={actions.leave} quiet>
              {texts.toReport}
            </Do>
          </>
        ),
      };
    case 'audio-blocked':
      return {
        title: texts.audioBlockedTitle,
        body: texts.audioBlockedBody,
        actions: (
          <Do act={actions.startAudio} primary testId="start-audio">
            <Volume2 className="icon" aria-hidden="true" />
            {texts.startAudio}
          </Do>
        ),
      };
    case 'microphone-lost':
      return {
        title: texts.microphoneLostTitle,
        body: texts.microphoneLostBody,
        actions: (
          <>
            {model.replacement === null ? null : (
              <Do act={actions.useReplacement}>
                <Mic className="icon" aria-hidden="true" />
                {texts.useOther(model.replacement.label || texts.otherMicrophone)}
              </Do>
            )}
            <Do act={actions.type} quiet={model.replacement !== null}>
              <Keyboard className="icon" aria-hidden="true" />
              {texts.type}
            </Do>
          </>
        ),
      };
    case 'absent':
      return {
        title: texts.absentTitle,
        body: texts.absentBody,
        actions: (
          <>
            <Do act={actions.startOver} primary testId="start-over">
              {again}
              {texts.startOver}
            </Do>
            <Do act={actions.leave} quiet>
              {texts.leave}
            </Do>
          </>
        ),
      };
    case 'returning':
      return { title: texts.returningTitle(name), body: texts.returningBody };
    case 'left':
      return {
        title: texts.leftTitle(name),
        body: texts.leftBody,
        actions: (
          <>
            <Do act={actions.leave}>{texts.toReport}</Do>
            <Do act={actions.startOver} quiet>
              {texts.startOver}
            </Do>
          </>
        ),
      };
  }
}
