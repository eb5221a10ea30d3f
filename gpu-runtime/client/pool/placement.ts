/** Which runtime a session goes to: pure. */
import type { Priority } from '../../ports.ts';

/** What is known of one runtime. */
export interface RuntimeState {
  address: string;
  /** Answers, and takes new sessions. */
  state: 'ready' | 'draining' | 'lost';
  /** Requests that wait or run there, as last told. */
  load: number;
  /** Memory left on its device; undefined where it does not say. */
  freeBytes: number | undefined;
}

export interface Wish {
  priority: Priority;
  /** Memory that the session's model or avatar will take where it is not loaded yet. */
  neededBytes: number;
}

/** Preparation keeps off a runtime that has as much waiting as one full batch. */
const BUSY_LOAD = 8;

/**
 * The best runtime, or undefined when none can take the session. Ready ones only; those with room for the bytes; then
 * the least sessions and load together; then the most free memory; then the address, so that equals agree everywhere.
 * Preparation takes a busy runtime only when every other is busy too.
 */
export function placeSession(
  runtimes: readonly RuntimeState[],
  sessionsOf: (address: string) => number,
  wish: Wish,
): RuntimeState | undefined {
  const able = runtimes.filter(
    ({ state, freeBytes }) =>
      state === 'ready' && (freeBytes === undefined || freeBytes >= wish.neededBytes),
  );
  const calm = able.filter(({ load }) => load < BUSY_LOAD);
  const candidates = wish.priority === 1 && calm.length > 0 ? calm : able;
  const burden = (runtime: RuntimeState): number => runtime.load + sessionsOf(runtime.address);
  return candidates.toSorted(
    (a, b) =>
      burden(a) - burden(b) ||
      (b.freeBytes ?? 0) - (a.freeBytes ?? 0) ||
      (a.address < b.address ? -1 : 1),
  )[0];
}
