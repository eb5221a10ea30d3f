/** The deck under the stage: both sides' captions at a fixed size, and the reply field. Oldest words go first. */
import { SendHorizontal } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useStrings } from '../strings/strings.ts';
import type { CallActions, CallModel } from './call-model.ts';
import { dropOldest, turnText } from './captions.ts';
import { dotFor } from './stage.tsx';
import { useHearsSpeech } from './you-card.tsx';

/** Three lines of a wide deck hold about 260 characters; what the lines cannot hold is clipped from the top. */
const CAPTION_LENGTH = 260;
/** Longer replies belong in two messages; the avatar would not let anyone speak that long either. */
const REPLY_LENGTH = 600;
/** Past this the scene is under way, even if a reload emptied the captions. */
const GREETING_MS = 30_000;

export function CaptionDeck({ model, actions }: { model: CallModel; actions: CallActions }) {
  const texts = useStrings().call;
  const { captions, captionsOn, stage, scenario } = model;
  const hears = useHearsSpeech(model.level);
  const theirs = dropOldest(turnText(captions.avatar), CAPTION_LENGTH);
  const yours = dropOldest(turnText(captions.learner), CAPTION_LENGTH);
  const youSpeak = model.microphone === 'on' && hears;
  const started = theirs !== '' || yours !== '';
  const waiting = stage === 'connecting' || stage === 'preparing';
  const announced = captionsOn ? captions.announced : null;
  return (
    <section className="captions" aria-label={texts.captions} data-testid="captions">
      <div className={stage === 'speaking' ? 'caption on' : 'caption'}>
        <span className="who">
          <i className={dotFor(stage)} />
          {scenario.persona.name}
          <small>{waiting ? '' : texts.states[stage]}</small>
        </span>
        <p className="text" lang={scenario.language} data-testid="caption-avatar">
          <span>{captionsOn ? theirs : ''}</span>
        </p>
      </div>
      <div className={youSpeak || model.typing ? 'caption on' : 'caption'}>
        <span className="who">
          <i className={youSpeak || (model.typing && stage !== 'speaking') ? 'dot lit' : 'dot'} />
          {texts.you}
          <small>
            {model.typing
              ? texts.yourMicrophone.typing
              : model.microphone === 'muted'
                ? texts.yourMicrophone.muted
                : ''}
          </small>
        </span>
        {model.typing ? (
          <ReplyField model={model} actions={actions} lastReply={yours} />
        ) : (
          <p
            className={captionsOn && yours !== '' ? 'text' : 'text hint'}
            lang={scenario.language}
            data-testid="caption-learner"
          >
            <span>
              {captionsOn && yours !== ''
                ? yours
                : !started && !waiting && model.elapsedMs < GREETING_MS
                  ? texts.saySomething
                  : ''}
            </span>
          </p>
        )}
      </div>
      <p className="visually-hidden" aria-live="polite" lang={scenario.language}>
        {announced === null
          ? ''
          : `${announced.speaker === 'avatar' ? scenario.persona.name : texts.you}: ${announced.text}`}
      </p>
    </section>
  );
}

function ReplyField({
  model,
  actions,
  lastReply,
}: {
  model: CallModel;
  actions: CallActions;
  lastReply: string;
}) {
  const texts = useStrings().call;
  const [text, setText] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const usable = model.stage !== 'ended' && model.stage !== 'connecting';
  useEffect(() => {
    if (usable) input.current?.focus();
  }, [usable]);
  const send = () => {
    const reply = text.trim();
    if (reply === '') return;
    actions.send(reply);
    setText('');
    input.current?.focus();
  };
  return (
    <form
      className="reply"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="field">
        <span className="visually-hidden">{texts.typeReply}</span>
        <input
          ref={input}
          value={text}
          maxLength={REPLY_LENGTH}
          disabled={!usable}
          enterKeyHint="send"
          autoComplete="off"
          lang={model.scenario.language}
          placeholder={lastReply === '' ? texts.typeHello : texts.typeReply}
          data-testid="reply"
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape' && !model.typedOnly) actions.type();
          }}
        />
      </label>
      <button
        type="submit"
        className="button primary square"
        aria-label={texts.send}
        disabled={!usable}
      >
        <SendHorizontal className="icon" aria-hidden="true" />
      </button>
      <p
        className={model.sendFailed ? 'last failed' : 'last'}
        lang={model.scenario.language}
        data-testid="caption-learner"
      >
        {model.sendFailed ? texts.sendFailed : model.captionsOn ? lastReply : ''}
      </p>
    </form>
  );
}
