/** The bar over the stage: scene, time, connection, aims on a phone, and the list of shortcuts. */
import {
  CircleQuestionMark,
  Clock,
  Ear,
  Signal,
  SignalMedium,
  Target,
  WifiOff,
  X,
} from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { clockTime } from '../format.ts';
import { useStrings } from '../strings/strings.ts';
import { AimsCard } from './aims-card.tsx';
import type { CallActions, CallModel } from './call-model.ts';

const NETWORK_ICONS = { good: Signal, weak: SignalMedium, offline: WifiOff, connecting: null };

export type Panel = 'help' | 'aims' | null;

export function CallBar({
  model,
  actions,
  panel,
  onPanel,
}: {
  model: CallModel;
  actions: CallActions;
  panel: Panel;
  onPanel: (panel: Panel) => void;
}) {
  const texts = useStrings().call;
  const { scenario } = model;
  const Network = NETWORK_ICONS[model.network];
  const total = clockTime(scenario.durationMinutes * 60_000);
  const reached = scenario.aims.filter((aim) => model.aims.includes(aim.id)).length;
  return (
    <header className="call-bar">
      <span className="mark">
        <svg
          viewBox="0 0 32 24"
          aria-hidden="true"
          fill="none"
          strokeWidth="2.5"
          stroke="currentColor"
        >
          <circle cx="20" cy="12" r="10" />
          <circle cx="12" cy="12" r="10" fill="var(--lamp)" />
        </svg>
        <span>Understudy</span>
      </span>
      <h1 lang={scenario.language}>{scenario.title}</h1>
      <div className="facts-now">
        <span className="fact" data-testid="timer">
          <Clock className="icon small" aria-hidden="true" />
          <span className="visually-hidden">{texts.elapsed}</span>
          <span className="wide">{texts.timeOf(clockTime(model.elapsedMs), total)}</span>
          <span className="narrow">{clockTime(model.elapsedMs)}</span>
        </span>
        {model.recorded ? (
          <span className="fact recorded" data-testid="recorded">
            <i className="dot" />
            {texts.recorded}
          </span>
        ) : null}
        {model.recognition === 'basic' ? (
          <span className="fact wide">
            <Ear className="icon small" aria-hidden="true" />
            {texts.basicRecognition}
          </span>
        ) : null}
        <span
          className={
            model.network === 'good' || model.network === 'connecting' ? 'fact' : 'fact warn'
          }
          data-testid="network"
          data-state={model.network}
        >
          {Network === null ? (
            <i className="dot thinking" />
          ) : (
            <Network className="icon" aria-hidden="true" />
          )}
          <span className="visually-hidden">{texts.networkLabel}</span>
          {texts.network[model.network]}
        </span>
        <button
          type="button"
          className="button quiet narrow"
          aria-expanded={panel === 'aims'}
          aria-controls="aims-panel"
          onClick={() => onPanel(panel === 'aims' ? null : 'aims')}
        >
          <Target className="icon" aria-hidden="true" />
          <span aria-hidden="true">
            {reached}/{scenario.aims.length}
          </span>
          <span className="visually-hidden">{texts.aimsShort(reached, scenario.aims.length)}</span>
        </button>
        <button
          type="button"
          className="button quiet square wide"
          aria-label={texts.help}
          aria-expanded={panel === 'help'}
          aria-controls="help-panel"
          onClick={() => onPanel(panel === 'help' ? null : 'help')}
        >
          <CircleQuestionMark className="icon" aria-hidden="true" />
        </button>
      </div>
      {panel === 'aims' ? (
        <div id="aims-panel" className="panel">
          <AimsCard scenario={scenario} reached={model.aims} />
        </div>
      ) : null}
      {panel === 'help' ? (
        <Help model={model} actions={actions} onClose={() => onPanel(null)} />
      ) : null}
    </header>
  );
}

function Help({
  model,
  actions,
  onClose,
}: {
  model: CallModel;
  actions: CallActions;
  onClose: () => void;
}) {
  const texts = useStrings().call;
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => panel.current?.focus(), []);
  return (
    <div
      id="help-panel"
      className="panel help card"
      role="dialog"
      aria-label={texts.helpTitle}
      tabIndex={-1}
      ref={panel}
    >
      <div className="row apart">
        <h2>{texts.helpTitle}</h2>
        <button
          type="button"
          className="button quiet square"
          aria-label={texts.close}
          onClick={onClose}
        >
          <X className="icon" aria-hidden="true" />
        </button>
      </div>
      <dl className={model.shortcutsOn ? '' : 'off'}>
        {texts.shortcuts.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label className="tick">
        <input type="checkbox" checked={model.shortcutsOn} onChange={actions.toggleShortcuts} />
        {texts.shortcutsOn}
      </label>
    </div>
  );
}

export function useEscape(act: () => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => event.key === 'Escape' && latest.current();
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, []);
}

/** The panel that is open, closed by Escape. */
export function usePanel(): [Panel, (panel: Panel) => void] {
  const [panel, setPanel] = useState<Panel>(null);
  useEscape(() => setPanel(null));
  return [panel, setPanel];
}
