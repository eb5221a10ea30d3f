/** The call drawn from its model, with no room behind it: the gallery renders every state through this. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useStrings } from '../strings/strings.ts';
import { AimsCard } from './aims-card.tsx';
import { CallBar, usePanel } from './call-bar.tsx';
import type { CallActions, CallModel } from './call-model.ts';
import { CaptionDeck } from './caption-deck.tsx';
import { Controls } from './controls.tsx';
import { Stage } from './stage.tsx';
import { useShortcuts } from './use-shortcuts.ts';
import { YouCard } from './you-card.tsx';

export function CallView({
  model,
  actions,
  picture,
}: {
  model: CallModel;
  actions: CallActions;
  picture: ReactNode;
}) {
  const [panel, setPanel] = usePanel();
  useShortcuts(model.shortcutsOn, {
    m: actions.mute,
    t: actions.type,
    c: actions.toggleCaptions,
    e: model.notice === 'ending' ? actions.endNow : actions.end,
    '?': () => setPanel(panel === 'help' ? null : 'help'),
  });
  return (
    <div className="call" data-theme="dark">
      <CallBar model={model} actions={actions} panel={panel} onPanel={setPanel} />
      <main id="main" className="call-main" tabIndex={-1}>
        <Stage model={model} actions={actions} picture={picture} />
        <aside className="rail">
          <AimsCard scenario={model.scenario} reached={model.aims} />
        </aside>
        <CaptionDeck model={model} actions={actions} />
        <YouCard model={model} />
      </main>
      <Controls model={model} actions={actions} />
      <AimAnnouncer model={model} />
    </div>
  );
}

/** Says each newly reached aim once. */
function AimAnnouncer({ model }: { model: CallModel }) {
  const texts = useStrings().call;
  const known = useRef<readonly string[]>(model.aims);
  const [said, setSaid] = useState('');
  const { aims, scenario } = model;
  useEffect(() => {
    const fresh = aims.filter((id) => !known.current.includes(id));
    known.current = aims;
    const reached = scenario.aims.filter((aim) => fresh.includes(aim.id));
    if (reached.length > 0) setSaid(reached.map((aim) => texts.announceAim(aim.text)).join('. '));
  }, [aims, scenario, texts]);
  return (
    <p className="visually-hidden" role="status">
      {said}
    </p>
  );
}
