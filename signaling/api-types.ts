/** The shapes of the HTTP API, shared with the page as types. docs/api.md describes each route. */
import type { ScenarioSummary } from '#agents/dispatch/catalogue.ts';
import type { Report } from '#agents/dispatch/report.ts';

export type { Report, ScenarioSummary };

/** How well the learner is heard in a session: 'none' means typed input only. */
export type RecognitionGrade = 'none' | 'basic' | 'full';

export interface ScenariosResponse {
  scenarios: ScenarioSummary[];
  /** How well each language of the scenarios is heard here. */
  recognition: Record<string, RecognitionGrade>;
  /** What `avatar` of a new session may be. */
  avatars: string[];
}

export interface CreateSessionRequest {
  scenarioId: string;
  learnerName?: string;
}

export interface CreateSessionResponse {
  sessionId: string;
  roomName: string;
  /** WebSocket address of LiveKit. */
  serverUrl: string;
  token: string;
  /** ISO 8601. */
  tokenExpiresAt: string;
  scenario: ScenarioSummary;
  recognition: RecognitionGrade;
}

export interface RefreshTokenResponse {
  token: string;
  tokenExpiresAt: string;
}

export type ReportResponse = { status: 'ready'; report: Report } | { status: 'pending' };

export interface HealthResponse {
  status: 'ok' | 'degraded';
  dependencies: Record<string, { status: 'ok' | 'degraded' | 'down'; detail: string }>;
}

/** RFC 9457 problem details with a stable code. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  requestId: string;
}
