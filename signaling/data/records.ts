/** All that is kept in the database, over one connection or transaction. What is personal is sealed (`signaling/privacy`). */
import { ApiKeyRecords } from './api-key-records.ts';
import { AuditLog } from './audit-log.ts';
import { DataKeyRecords } from './data-key-records.ts';
import type { Queries } from './database.ts';
import { DeliveryRecords } from './delivery-records.ts';
import { ErasureRecords } from './erasure-records.ts';
import { IdempotencyRecords } from './idempotency-records.ts';
import { LearnerRecords } from './learner-records.ts';
import { LiveKitEventRecords } from './livekit-event-records.ts';
import { PeopleRecords } from './people-records.ts';
import { RecordingRecords } from './recording-records.ts';
import { ReportRecords } from './report-records.ts';
import { ScenarioRecords } from './scenario-records.ts';
import { SealedRows } from './sealed-rows.ts';
import { SessionRecords } from './session-records.ts';
import { SignInRecords } from './sign-in-records.ts';
import { WebhookRecords } from './webhook-records.ts';
import type { Seal } from '../privacy/key-ring.ts';

export interface Records {
  sessions: SessionRecords;
  reports: ReportRecords;
  recordings: RecordingRecords;
  scenarios: ScenarioRecords;
  learners: LearnerRecords;
  apiKeys: ApiKeyRecords;
  people: PeopleRecords;
  signIns: SignInRecords;
  webhooks: WebhookRecords;
  deliveries: DeliveryRecords;
  livekitEvents: LiveKitEventRecords;
  idempotency: IdempotencyRecords;
  audit: AuditLog;
  dataKeys: DataKeyRecords;
  erasures: ErasureRecords;
  sealedRows: SealedRows;
}

export const recordsOf = (queries: Queries, seal: Seal): Records => ({
  sessions: new SessionRecords(queries, seal),
  reports: new ReportRecords(queries, seal),
  recordings: new RecordingRecords(queries),
  scenarios: new ScenarioRecords(queries),
  learners: new LearnerRecords(queries, seal),
  apiKeys: new ApiKeyRecords(queries),
  people: new PeopleRecords(queries, seal),
  signIns: new SignInRecords(queries, seal),
  webhooks: new WebhookRecords(queries, seal),
  deliveries: new DeliveryRecords(queries, seal),
  livekitEvents: new LiveKitEventRecords(queries),
  idempotency: new IdempotencyRecords(queries, seal),
  audit: new AuditLog(queries),
  dataKeys: new DataKeyRecords(queries),
  erasures: new ErasureRecords(queries),
  sealedRows: new SealedRows(queries),
});
