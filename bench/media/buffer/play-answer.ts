/** Plays one answer's arrivals through a `PlayoutBuffer` as `Playout` does, with lengths in place of sound. */
import { FRAME_MS, type PlayoutBuffer } from '#media/playout/playout-buffer.ts';
import type { Arrivals, Chance } from './arrivals.ts';

/** Delays of what was heard, in frames per ms of delay. */
export class DelayTally {
  readonly frames = new Float64Array(4_001);

  add(delayMs: number, frames = 1): void {
    const at = Math.round(Math.min(this.frames.length - 1, Math.max(0, delayMs)));
    this.frames[at]! += frames;
  }

  /** The delay that a share of the frames does not pass. */
  quantileMs(share: number): number {
    const total = this.frames.reduce((sum, count) => sum + count, 0);
    let sum = 0;
    for (let at = 0; at < this.frames.length; at += 1) {
      sum += this.frames[at]!;
      if (sum >= share * total && total > 0) {
        return at;
      }
    }
    return 0;
  }
}

/** Periods of voices, and how often speech is like itself a period on. Checked against real speech in a test of `Playout`. */
const PERIOD_MS = [4.5, 9] as const;
const ALIKE_SHARE = 0.75;
const QUIET_LAG_MS = 15;

/** Counts whole frames of sound that were played, and what the buffer counted. */
export function playAnswer(
  buffer: PlayoutBuffer,
  arrivals: Arrivals,
  startMs: number,
  tally: DelayTally,
  chance: Chance,
): { heardMs: number; endMs: number } {
  const { atMs, lengthMs, dueMs, pauses } = arrivals;
  const flow = buffer.open();
  const periodMs = chance.within(PERIOD_MS);
  const firstMs = startMs + atMs[0]!;
  const endMs = startMs + arrivals.endMs;
  const view = { nowMs: 0, pauseLeftMs: 0, pauseAheadMs: Number.POSITIVE_INFINITY };
  let nowMs = Math.ceil(firstMs / FRAME_MS) * FRAME_MS;
  let next = 0;
  let pause = 0;
  let heardChunk = 0;
  let chunkFromMs = 0;
  let pendingMs = 0;
  let heardMs = 0;
  let cameInPause = false;
  for (; ; nowMs += FRAME_MS) {
    while (next < atMs.length && startMs + atMs[next]! <= nowMs) {
      buffer.arrive(flow, startMs + atMs[next]!, lengthMs[next]!, cameInPause);
      cameInPause = endsPause(pauses, flow.arrivedMs, pause);
      next += 1;
    }
    flow.ended ||= next === atMs.length && nowMs >= endMs;
    if (pendingMs >= FRAME_MS) {
      pendingMs -= FRAME_MS;
      heardMs += FRAME_MS;
      continue;
    }
    const at = flow.playedMs;
    while (pause < pauses.length && pauses[pause + 1]! <= at) {
      pause += 2;
    }
    view.nowMs = nowMs;
    if (flow.levelMs > 0) {
      const fromMs = pauses[pause] ?? Number.POSITIVE_INFINITY;
      const inPause = fromMs <= at;
      view.pauseLeftMs = inPause ? Math.min(pauses[pause + 1]!, flow.arrivedMs) - at : 0;
      view.pauseAheadMs = inPause
        ? 0
        : fromMs < flow.arrivedMs
          ? fromMs - at
          : Number.POSITIVE_INFINITY;
    }
    const action = buffer.next(flow, view);
    if (action === 'silence') {
      if (flow.ended && flow.levelMs <= 0) {
        return { heardMs, endMs: nowMs };
      }
      continue;
    }
    if (action === 'conceal' || action === 'comfort' || action === 'hold') {
      continue;
    }
    while (heardChunk + 1 < next && chunkFromMs + lengthMs[heardChunk]! <= at) {
      chunkFromMs += lengthMs[heardChunk]!;
      heardChunk += 1;
    }
    tally.add(nowMs - firstMs - (dueMs[heardChunk]! + at - chunkFromMs) - pendingMs);
    heardMs += FRAME_MS;
    const quiet = view.pauseLeftMs >= FRAME_MS;
    const lagMs = quiet ? QUIET_LAG_MS : periodMs;
    const alike = action !== 'play' && (quiet || chance.next() < ALIKE_SHARE);
    if (alike && action === 'slow' && flow.levelMs >= FRAME_MS) {
      buffer.played(flow, FRAME_MS, FRAME_MS + lagMs);
      pendingMs += lagMs;
    } else if (alike && action === 'fast' && flow.levelMs >= 2 * FRAME_MS + lagMs) {
      buffer.played(flow, FRAME_MS + lagMs, FRAME_MS);
    } else {
      const takenMs = Math.min(FRAME_MS - pendingMs, flow.levelMs);
      buffer.played(flow, takenMs, takenMs);
      pendingMs = 0;
    }
  }
}

/** Whether sound up to `atMs` ends within a pause or with it. */
function endsPause(pauses: readonly number[], atMs: number, from: number): boolean {
  for (let index = from; index < pauses.length && pauses[index]! < atMs; index += 2) {
    if (atMs <= pauses[index + 1]!) {
      return true;
    }
  }
  return false;
}
