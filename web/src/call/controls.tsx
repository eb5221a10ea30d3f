/** Mute, type, captions, end. Words on a desktop, labelled icons on a phone. */
import { Captions, CaptionsOff, Keyboard, Mic, MicOff, PhoneOff } from 'lucide-react';
import { useStrings } from '../strings/strings.ts';
import type { CallActions, CallModel } from './call-model.ts';

export function Controls({ model, actions }: { model: CallModel; actions: CallActions }) {
  const texts = useStrings().call;
  const over = model.stage === 'ended' || model.notice === 'ending' || model.notice === 'closing';
  const muted = model.microphone === 'muted';
  const mutable = (model.microphone === 'on' || muted) && model.stage !== 'reconnecting' && !over;
  const speakable =
    model.recognition !== 'none' && ['off', 'failed', 'lost'].includes(model.microphone);
  const key = (letter: string) => (model.shortcutsOn ? { 'aria-keyshortcuts': letter } : {});
  return (
    <footer className="controls" aria-label={texts.controls}>
      {speakable ? (
        <button
          type="button"
          className="control"
          disabled={over || model.stage === 'reconnecting'}
          onClick={actions.speak}
          data-testid="speak"
        >
          <Mic className="icon" aria-hidden="true" />
          <span>{texts.speak}</span>
        </button>
      ) : model.recognition === 'none' ? null : (
        <button
          type="button"
          className="control"
          aria-pressed={muted}
          disabled={!mutable}
          onClick={actions.mute}
          data-testid="mute"
          {...key('m')}
        >
          {muted ? (
            <MicOff className="icon" aria-hidden="true" />
          ) : (
            <Mic className="icon" aria-hidden="true" />
          )}
          <span>{muted ? texts.unmute : texts.mute}</span>
        </button>
      )}
      {model.typedOnly ? null : (
        <button
          type="button"
          className="control"
          aria-pressed={model.typing}
          disabled={over}
          onClick={actions.type}
          data-testid="type"
          {...key('t')}
        >
          <Keyboard className="icon" aria-hidden="true" />
          <span>{texts.type}</span>
        </button>
      )}
      <button
        type="button"
        className="control"
        aria-pressed={model.captionsOn}
        onClick={actions.toggleCaptions}
        data-testid="captions-toggle"
        {...key('c')}
      >
        {model.captionsOn ? (
          <Captions className="icon" aria-hidden="true" />
        ) : (
          <CaptionsOff className="icon" aria-hidden="true" />
        )}
        <span>{texts.captions}</span>
      </button>
      <button
        type="button"
        className="control end"
        disabled={model.stage === 'ended' || model.notice === 'closing'}
        onClick={actions.end}
        data-testid="end"
        {...key('e')}
      >
        <PhoneOff className="icon" aria-hidden="true" />
        <span>{texts.end}</span>
      </button>
    </footer>
  );
}
