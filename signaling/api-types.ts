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
  /** What becomes of recordings: told to whoever is asked for consent. Null where none are made. */
  recordings: { days: number; encrypted: boolean } | null;
}

export interface CreateSessionRequest {
  scenarioId: string;
  learnerName?: string;
  /** What the learner has agreed to; nothing where it is absent. */
  consent?: { recording?: boolean };
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
  /** The learner has agreed that the call is recorded. */
  recording: boolean;
}

export interface RecordingFile {
  name: string;
  bytes: number;
  type: string;
  /** Opens it for an hour, in a video element too. */
  url: string;
}

export interface RecordingStatus {
  /** `recording`: during the call; `composing`: files are being made; `failed`: those listed are there all the same. */
  status: 'recording' | 'composing' | 'ready' | 'failed';
  /** 0..1, of composing. */
  progress: number;
  /** ISO 8601. */
  startedAt: string;
  /** When it is deleted; ISO 8601. */
  deletedAt: string;
  lengthMs: number | null;
  /** The call was cut off: its recording ends within a second of that. */
  cut: boolean;
  encrypted: boolean;
  /** Of a failure: see docs/errors.md. */
  code?: string;
  files: RecordingFile[];
}

export interface RecordingsResponse {
  recordings: (RecordingStatus & { sessionId: string })[];
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
