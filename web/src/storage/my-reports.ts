/**
 * The sessions that were done in this browser: the key to each report, and the report itself once it was read,
 * so that "My reports" outlives the key. Nothing of it leaves the browser.
 */
import type { Report, ScenarioSummary } from '#signaling/api-types.ts';
import { readLocal, writeLocal } from './browser-storage.ts';

export interface KeptSession {
  sessionId: string;
  token: string;
  scenarioId: string;
  title: string;
  kind: ScenarioSummary['kind'];
  language: string;
  personaName: string;
  /** Face pack, for the picture beside the title. */
  face: string;
  /** ISO 8601. */
  startedAt: string;
  /** Null until the report was read. */
  report: Report | null;
  /** The learner agreed to a recording. */
  recorded?: boolean;
}

const KEY = 'understudy.sessions';
/** Fifty sessions with their reports stay well under the 5 MB that browsers grant. */
const KEPT_AT_MOST = 50;

/** Newest first. */
export function keptSessions(): KeptSession[] {
  const stored = readLocal(KEY);
  if (!Array.isArray(stored)) return [];
  return stored.filter(
    (entry: unknown): entry is KeptSession =>
      typeof entry === 'object' && entry !== null && 'sessionId' in entry && 'token' in entry,
  );
}

export function keptSession(sessionId: string): KeptSession | null {
  return keptSessions().find((session) => session.sessionId === sessionId) ?? null;
}

/** Adds or replaces one session. When the browser's storage is full, the oldest reports go first. */
export function keepSession(session: KeptSession): void {
  let sessions = [
    session,
    ...keptSessions().filter((other) => other.sessionId !== session.sessionId),
  ]
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt))
    .slice(0, KEPT_AT_MOST);
  while (!writeLocal(KEY, sessions) && sessions.length > 1) sessions = sessions.slice(0, -1);
}

export function keepReport(sessionId: string, report: Report): void {
  const session = keptSession(sessionId);
  if (session !== null) keepSession({ ...session, report });
}

export function keepToken(sessionId: string, token: string): void {
  const session = keptSession(sessionId);
  if (session !== null) keepSession({ ...session, token });
}

/** The learner has deleted the recording, or its time has come. */
export function forgetRecording(sessionId: string): void {
  const session = keptSession(sessionId);
  if (session !== null) keepSession({ ...session, recorded: false });
}

export function forgetSession(sessionId: string): void {
  writeLocal(
    KEY,
    keptSessions().filter((session) => session.sessionId !== sessionId),
  );
}

/** The best score per scenario, for the catalogue. */
export function bestScores(sessions: readonly KeptSession[]): Map<string, number> {
  const best = new Map<string, number>();
  for (const { scenarioId, report } of sessions) {
    const score = report?.score ?? null;
    if (score !== null) best.set(scenarioId, Math.max(score, best.get(scenarioId) ?? 0));
  }
  return best;
}

/** The score of the last scored try of this scenario before `startedAt`, or null. */
export function previousScore(
  sessions: readonly KeptSession[],
  scenarioId: string,
  startedAt: string,
): number | null {
  const earlier = sessions
    .filter((session) => session.scenarioId === scenarioId && session.startedAt < startedAt)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  for (const { report } of earlier) {
    if (report !== null && report.score !== null) return report.score;
  }
  return null;
}
