/** The shapes of the HTTP API as types, for the page and for ourselves: each is inferred from the schema that is checked. */
import type { Report } from '#agents/dispatch/report.ts';
import type { ScenarioSummary } from '#agents/dispatch/catalogue.ts';
import type { z } from 'zod';
import type { catalogue, recognitionGrade } from './schemas/catalogue.ts';
import type { problem } from './schemas/common.ts';
import type { health } from './schemas/health.ts';
import type { me } from './schemas/person.ts';
import type { recordingFile, recordingList, recordingStatus } from './schemas/recording.ts';
import type { pendingReport, readyReport, transcript } from './schemas/report.ts';
import type { regions } from './schemas/region.ts';
import type { createdSession, createSession, roomToken, session } from './schemas/session.ts';

export type { Report, ScenarioSummary };

export type RecognitionGrade = z.output<typeof recognitionGrade>;
export type Catalogue = z.output<typeof catalogue>;
export type CreateSessionRequest = z.input<typeof createSession>;
export type CreateSessionResponse = z.output<typeof createdSession>;
export type SessionResponse = z.output<typeof session>;
export type RecordingFile = z.output<typeof recordingFile>;
export type RecordingStatus = z.output<typeof recordingStatus>;
export type RecordingsResponse = z.output<typeof recordingList>;
export type RegionsResponse = z.output<typeof regions>;
export type RefreshTokenResponse = z.output<typeof roomToken>;
export type ReportResponse = z.output<typeof readyReport> | z.output<typeof pendingReport>;
export type TranscriptResponse = z.output<typeof transcript>;
export type Me = z.output<typeof me>;
export type HealthResponse = z.output<typeof health>;
export type Problem = z.output<typeof problem>;
