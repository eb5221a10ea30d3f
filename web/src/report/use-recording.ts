/** Follows a recording until it is there, and deletes it. */
import { useCallback, useEffect, useState } from 'react';
import type { RecordingStatus } from '#signaling/api-types.ts';
import { deleteRecording, fetchRecording } from '../api/client.ts';
import { ApiError } from '../api/problem.ts';
import { forgetRecording, type KeptSession } from '../storage/my-reports.ts';

export type RecordingLoad =
  | { state: 'waiting'; progress: number }
  | { state: 'there'; recording: RecordingStatus }
  | { state: 'removed' }
  | { state: 'gone' };

const ASK_EVERY_MS = 2_000;

export function useRecording({ sessionId, token }: KeptSession): {
  load: RecordingLoad;
  remove: () => Promise<void>;
} {
  const [load, setLoad] = useState<RecordingLoad>({ state: 'waiting', progress: 0 });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const recording = await fetchRecording(sessionId, token, abort.signal);
        if (recording.status === 'ready' || recording.status === 'failed') {
          setLoad({ state: 'there', recording });
          return;
        }
        setLoad({ state: 'waiting', progress: recording.progress });
      } catch (error) {
        if (abort.signal.aborted) return;
        // Deleted, or of a server that is gone; anything else may pass.
        const status = error instanceof ApiError ? error.status : 0;
        if (status === 404) forgetRecording(sessionId);
        if (status >= 400 && status < 500) return setLoad({ state: 'gone' });
      }
      if (!abort.signal.aborted) timer = setTimeout(() => void ask(), ASK_EVERY_MS);
    };
    void ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [sessionId, token]);
  const remove = useCallback(async () => {
    await deleteRecording(sessionId, token);
    forgetRecording(sessionId);
    setLoad({ state: 'removed' });
  }, [sessionId, token]);
  return { load, remove };
}
