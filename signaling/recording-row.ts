/** A recording as the database knows it. */
import type { RecordingRow } from './data/recording-records.ts';
import type { FoundRecording } from './recordings.ts';

export const recordingRow = (found: FoundRecording): RecordingRow => ({
  sessionId: found.sessionId,
  status: found.status,
  encrypted: found.encrypted,
  startedAt: new Date(found.startedAt),
  lengthMs: found.lengthMs,
  bytes: found.files.reduce((sum, { bytes }) => sum + bytes, 0),
});
