/** One state of the call, drawn without a room. Exists only in the gallery's build. */
import { useMemo } from 'react';
import type { CallActions } from '../call/call-model.ts';
import { CallView } from '../call/call-view.tsx';
import { StringsContext, stringsFor } from '../strings/strings.ts';
import { callModel } from './call-states.ts';

const nothing = () => undefined;

const IDLE: CallActions = {
  mute: nothing,
  speak: nothing,
  type: nothing,
  send: nothing,
  toggleCaptions: nothing,
  toggleShortcuts: nothing,
  end: nothing,
  endNow: nothing,
  keepTalking: nothing,
  startAudio: nothing,
  tryNow: nothing,
  leave: nothing,
  startOver: nothing,
  useReplacement: nothing,
};

export function GalleryPage({ state }: { state: string }) {
  const model = useMemo(() => callModel(state.replace(/^call-/, '')), [state]);
  if (model === null) return <p>There is no state called {state}.</p>;
  return (
    <StringsContext value={stringsFor(model.scenario.language)}>
      <CallView model={model} actions={IDLE} picture={null} />
    </StringsContext>
  );
}
