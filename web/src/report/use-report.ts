/** Fetches a report, asking again while it is being written. */
import { useCallback, useEffect, useState } from 'react';
import type { Report } from '#signaling/api-types.ts';
import { fetchReport } from '../api/client.ts';
import { ApiError } from '../api/problem.ts';
import { keepReport, keptSession } from '../storage/my-reports.ts';

export type ReportLoad =
  | { state: 'pending'; long: boolean }
  | { state: 'ready'; report: Report }
  | { state: 'overdue' }
  | { state: 'failed' }
  | { state: 'expired' }
  | { state: 'unknown' };

/** Reports are ready within seconds; then asking slows down to spare everybody. */
export function pollDelayMs(askedMs: number): number {
  return askedMs < 10_000 ? 700 : askedMs < 60_000 ? 2_000 : 5_000;
}

const LONG_AFTER_MS = 20_000;
const OVERDUE_AFTER_MS = 120_000;
/** A server that is being restarted is back within this; what fails for longer is a fault. */
const FAILING_AT_MOST_MS = 60_000;

export function useReport(sessionId: string): { load: ReportLoad; again: () => void } {
  const [load, setLoad] = useState<ReportLoad>({ state: 'pending', long: false });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const session = keptSession(sessionId);
    if (session === null) {
      setLoad({ state: 'unknown' });
      return;
    }
    if (session.report !== null) {
      setLoad({ state: 'ready', report: session.report });
      return;
    }
    setLoad({ state: 'pending', long: false });
    const abort = new AbortController();
    const startedMs = performance.now();
    let failingSinceMs: number | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const answer = await fetchReport(sessionId, session.token, abort.signal);
        failingSinceMs = undefined;
        if (answer.status === 'ready') {
          keepReport(sessionId, answer.report);
          setLoad({ state: 'ready', report: answer.report });
          return;
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        const status = error instanceof ApiError ? error.status : 0;
        if (status === 401 || status === 403) return setLoad({ state: 'expired' });
        if (status === 404) return setLoad({ state: 'unknown' });
        const nowMs = performance.now();
        failingSinceMs ??= nowMs;
        if (nowMs - failingSinceMs >= FAILING_AT_MOST_MS) return setLoad({ state: 'failed' });
      }
      if (abort.signal.aborted) return;
      const askedMs = performance.now() - startedMs;
      if (askedMs > OVERDUE_AFTER_MS) return setLoad({ state: 'overdue' });
      setLoad({ state: 'pending', long: askedMs > LONG_AFTER_MS });
      timer = setTimeout(() => void ask(), pollDelayMs(askedMs));
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [sessionId, attempt]);
  const again = useCallback(() => setAttempt((count) => count + 1), []);
  return { load, again };
}
