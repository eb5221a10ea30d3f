/** Rows for tests. */
import type { TranscriptTurn } from '#agents/dispatch/report.ts';
import type { Session } from '../data/session-records.ts';

export const newSession = (more: Partial<Session> & { id: string }): Session => ({
  scenarioId: 'first-interview',
  scenarioVersion: 1,
  learnerId: null,
  learnerIdentity: 'learner-1',
  learnerName: 'Wren',
  avatar: null,
  recording: false,
  createdBy: 'test',
  createdAt: new Date('2026-01-01T10:00:00Z'),
  endedAt: null,
  endReason: null,
  region: null,
  ...more,
});

export const spoken = (text: string): TranscriptTurn => ({
  ...{ index: 0, speaker: 'learner', startMs: 0, endMs: 900, text },
  ...{ typed: false, interrupted: false, fillers: [] },
});
