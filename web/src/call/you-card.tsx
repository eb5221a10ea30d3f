/** The learner's own side: microphone state in words, and a wave of the last seconds. Lit while they have the floor. */
import { useEffect, useRef, useSyncExternalStore, type ReactNode } from 'react';
import type { LevelSource } from '../audio/level-meter.ts';
import { useStrings } from '../strings/strings.ts';
import type { CallModel } from './call-model.ts';

/** True while the source hears speech. Re-renders only when that changes. */
export function useHearsSpeech(source: LevelSource): boolean {
  return useSyncExternalStore(
    (changed) => source.subscribe(changed),
    () => source.read().speaking,
  );
}

/** Shows its children while the source hears speech. */
export function LevelGate({ source, children }: { source: LevelSource; children: ReactNode }) {
  return useHearsSpeech(source) ? children : null;
}

const BARS = 36;
const LOWEST_PX = 4;
const HIGHEST_PX = 60;

/** Past levels, oldest left. Drawn straight into the page: 20 changes a second are no business of React's. */
function Wave({ source, live }: { source: LevelSource; live: boolean }) {
  const wave = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const bars = [...(wave.current?.children ?? [])] as HTMLElement[];
    const levels = new Array<number>(BARS).fill(0);
    const draw = () => {
      levels.shift();
      levels.push(live ? source.read().level : 0);
      bars.forEach((bar, index) => {
        const height = LOWEST_PX + (levels[index] ?? 0) ** 1.5 * (HIGHEST_PX - LOWEST_PX);
        bar.style.height = `${height.toFixed(1)}px`;
      });
    };
    draw();
    return source.subscribe(draw);
  }, [source, live]);
  return (
    <div className="wave" aria-hidden="true" ref={wave}>
      {Array.from({ length: BARS }, (_, bar) => (
        <i key={bar} />
      ))}
    </div>
  );
}

export function YouCard({ model }: { model: CallModel }) {
  const texts = useStrings().call;
  const hears = useHearsSpeech(model.level);
  const paused = model.stage === 'reconnecting' || model.stage === 'ended';
  const live = model.microphone === 'on' && !paused;
  const speaking = live && hears;
  const words = texts.yourMicrophone;
  const word = paused
    ? words.held
    : model.microphone === 'lost'
      ? words.lost
      : model.microphone === 'muted'
        ? words.muted
        : speaking
          ? words.speaking
          : model.typing && !live
            ? words.typing
            : live || model.microphone === 'starting'
              ? words.on
              : words.off;
  return (
    <section
      className={speaking || (model.typing && !live && !paused) ? 'card you lit' : 'card you'}
      aria-label={texts.you}
      data-testid="you"
      data-state={speaking ? 'speaking' : model.microphone}
    >
      <div className="row apart">
        <b>{texts.you}</b>
        <span className="small-text quietly">{word}</span>
      </div>
      <Wave source={model.level} live={live} />
    </section>
  );
}
