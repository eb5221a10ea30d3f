/** The stage: the avatar's picture at a fixed size, lit while it has the floor, with what the learner must know. */
import { ShieldAlert, SignalMedium, VolumeX } from 'lucide-react';
import type { ReactNode } from 'react';
import { Portrait } from '../parts/portrait.tsx';
import { useStrings } from '../strings/strings.ts';
import type { CallActions, CallModel } from './call-model.ts';
import { NoticeBar } from './notice-bar.tsx';
import { LevelGate } from './you-card.tsx';

export function Stage({
  model,
  actions,
  picture,
}: {
  model: CallModel;
  actions: CallActions;
  /** The live picture, or nothing while there is none. */
  picture: ReactNode;
}) {
  const texts = useStrings().call;
  const { scenario, stage } = model;
  const name = scenario.persona.name;
  const waiting = stage === 'connecting' || stage === 'preparing';
  const words =
    stage === 'connecting'
      ? texts.connecting
      : stage === 'preparing'
        ? texts.preparing(name)
        : `${name}, ${model.typing && stage === 'listening' ? texts.waitsWhileTyping : texts.states[stage]}`;
  return (
    <section className="stage" data-testid="stage" data-state={stage} aria-label={texts.stage}>
      <Portrait
        face={scenario.persona.face}
        alt=""
        className={waiting ? 'still' : 'still behind'}
      />
      {picture}
      <span className="tag" data-testid="stage-words">
        <i className={dotFor(stage)} />
        {words}
      </span>
      <div className="hints" role="status">
        {stage === 'reconnecting' || stage === 'ended' ? null : (
          <>
            {model.network === 'weak' ? (
              <span className="tag hint">
                <SignalMedium className="icon small" aria-hidden="true" />
                {texts.weakNotice}
              </span>
            ) : null}
            {model.regained ? <span className="tag hint">{texts.regained}</span> : null}
            {model.microphone === 'failed' ? (
              <span className="tag hint">
                <ShieldAlert className="icon small" aria-hidden="true" />
                {texts.microphoneFailed}
              </span>
            ) : null}
            {model.microphone === 'muted' && model.notice === null ? (
              <LevelGate source={model.level}>
                <span className="tag hint" data-testid="muted-talking">
                  <VolumeX className="icon small" aria-hidden="true" />
                  {texts.mutedTalking}
                </span>
              </LevelGate>
            ) : null}
          </>
        )}
      </div>
      {model.notice === null ? null : (
        <NoticeBar notice={model.notice} model={model} actions={actions} />
      )}
    </section>
  );
}

export function dotFor(stage: CallModel['stage']): string {
  if (stage === 'speaking') return 'dot lit';
  return stage === 'thinking' || stage === 'preparing' || stage === 'connecting'
    ? 'dot thinking'
    : 'dot';
}
