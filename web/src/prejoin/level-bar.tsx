/** The live meter: 28 cells and a mark at the peak. The words beside it say the same. */
import { useSyncExternalStore } from 'react';
import type { LevelSource } from '../audio/level-meter.ts';
import { useStrings } from '../strings/strings.ts';

const CELLS = 28;

export function useLevel(source: LevelSource) {
  return useSyncExternalStore(
    (changed) => source.subscribe(changed),
    () => source.read(),
  );
}

export function LevelBar({ source }: { source: LevelSource }) {
  const strings = useStrings();
  const { level, peak } = useLevel(source);
  const lit = Math.round(level * CELLS);
  const mark = Math.min(CELLS - 1, Math.round(peak * CELLS));
  return (
    <div
      className="level-bar"
      role="meter"
      aria-label={strings.join.levelMeter}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(level * 100)}
    >
      {Array.from({ length: CELLS }, (_, cell) => (
        <i key={cell} className={cell < lit ? 'on' : cell === mark && mark > 0 ? 'peak' : ''} />
      ))}
    </div>
  );
}

export function LevelWords({ source }: { source: LevelSource }) {
  const strings = useStrings();
  const { word } = useLevel(source);
  return (
    <span className={word === 'good' ? 'status good' : 'status'} data-testid="level-word">
      {strings.join.level[word]}
    </span>
  );
}
