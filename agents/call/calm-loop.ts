/** Start-up keeps a job's event loop busy; speech that begins in it has holes. */
import type { Clock } from '#media/clock.ts';

export interface CalmOptions {
  clock: Clock;
  /** Ends the wait at once. */
  signal: AbortSignal;
  /** In time for this long is calm. */
  calmMs?: number;
  /** Waits no longer than this. */
  mostMs?: number;
}

const LOOK_EVERY_MS = 10;
/** Sound is handed over 40 ms ahead (agents/room/av-output.ts): what is later than this comes near to a hole. */
const LATE_MS = 25;

/** Resolves when the loop has been in time for a while, or was waited for long enough. Never rejects. */
export function untilCalm({
  clock,
  signal,
  calmMs = 250,
  mostMs = 1_500,
}: CalmOptions): Promise<void> {
  return new Promise((resolve) => {
    const fromMs = clock.nowMs();
    let calmSinceMs = fromMs;
    const look = (dueMs: number): void => {
      const nowMs = clock.nowMs();
      if (nowMs - dueMs > LATE_MS) {
        calmSinceMs = nowMs;
      }
      if (signal.aborted || nowMs - calmSinceMs >= calmMs || nowMs - fromMs >= mostMs) {
        resolve();
        return;
      }
      clock.after(LOOK_EVERY_MS, () => {
        look(nowMs + LOOK_EVERY_MS);
      });
    };
    look(fromMs);
  });
}
