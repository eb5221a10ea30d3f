/** All that is kept in the database, over one connection or transaction. */
import { ApiKeyRecords } from './api-key-records.ts';
import { AuditLog } from './audit-log.ts';
import type { Queries } from './database.ts';
import { IdempotencyRecords } from './idempotency-records.ts';
import { LearnerRecords } from './learner-records.ts';
import { RecordingRecords } from './recording-records.ts';
import { ReportRecords } from './report-records.ts';
import { ScenarioRecords } from './scenario-records.ts';
import { SessionRecords } from './session-records.ts';
import { WebhookRecords } from './webhook-records.ts';

export interface Records {
  sessions: SessionRecords;
  reports: ReportRecords;
  recordings: RecordingRecords;
  scenarios: ScenarioRecords;
  learners: LearnerRecords;
  apiKeys: ApiKeyRecords;
  webhooks: WebhookRecords;
  idempotency: IdempotencyRecords;
  audit: AuditLog;
}

export const recordsOf = (queries: Queries): Records => ({
  sessions: new SessionRecords(queries),
  reports: new ReportRecords(queries),
  recordings: new RecordingRecords(queries),
  scenarios: new ScenarioRecords(queries),
  learners: new LearnerRecords(queries),
  apiKeys: new ApiKeyRecords(queries),
  webhooks: new WebhookRecords(queries),
  idempotency: new IdempotencyRecords(queries),
  audit: new AuditLog(queries),
});
