/** The tables of `migrations/` as drizzle sees them; the SQL files are what counts, a test holds the two together. */
import {
  bigint,
  boolean,
  doublePrecision,
  integer,
  json,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';

export * from './sign-in-schema.ts';

const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const createdAt = () => moment('created_at').notNull().defaultNow();
const updatedAt = () => moment('updated_at').notNull().defaultNow();

export const learners = pgTable('learners', {
  id: text('id').primaryKey(),
  displayName: text('display_name').notNull(),
  externalId: text('external_id').unique(),
  language: text('language'),
  createdBy: text('created_by').notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const scenarios = pgTable('scenarios', {
  id: text('id').primaryKey(),
  origin: text('origin', { enum: ['file', 'api'] }).notNull(),
  latestVersion: integer('latest_version').notNull(),
  publishedVersion: integer('published_version'),
  revision: integer('revision').notNull().default(1),
  archivedAt: moment('archived_at'),
  createdBy: text('created_by').notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const scenarioVersions = pgTable(
  'scenario_versions',
  {
    scenarioId: text('scenario_id').notNull(),
    version: integer('version').notNull(),
    document: json('document').notNull(),
    source: text('source'),
    sourceHash: text('source_hash').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: createdAt(),
    publishedAt: moment('published_at'),
  },
  (table) => [primaryKey({ columns: [table.scenarioId, table.version] })],
);

export const sessions = pgTable('sessions', {
  id: text('id').primaryKey(),
  scenarioId: text('scenario_id').notNull(),
  scenarioVersion: integer('scenario_version'),
  learnerId: text('learner_id'),
  learnerIdentity: text('learner_identity').notNull(),
  learnerName: text('learner_name').notNull(),
  avatar: text('avatar'),
  recording: boolean('recording').notNull().default(false),
  createdBy: text('created_by').notNull(),
  createdAt: createdAt(),
  endedAt: moment('ended_at'),
  endReason: text('end_reason', {
    enum: ['asked', 'reported', 'finished', 'lost', 'unanswered', 'given-up'],
  }),
  region: text('region'),
});

export const reports = pgTable('reports', {
  sessionId: text('session_id').primaryKey(),
  status: text('status', { enum: ['scored', 'too_short'] }).notNull(),
  score: integer('score'),
  document: jsonb('document').notNull(),
  createdAt: createdAt(),
});

export const transcriptTurns = pgTable(
  'transcript_turns',
  {
    sessionId: text('session_id').notNull(),
    index: integer('turn_index').notNull(),
    speaker: text('speaker', { enum: ['learner', 'avatar'] }).notNull(),
    startMs: doublePrecision('start_ms').notNull(),
    endMs: doublePrecision('end_ms').notNull(),
    text: text('spoken').notNull(),
    typed: boolean('typed').notNull(),
    interrupted: boolean('interrupted').notNull(),
    fillers: jsonb('fillers').$type<{ start: number; end: number }[]>().notNull(),
    createdAt: createdAt(),
  },
  (table) => [primaryKey({ columns: [table.sessionId, table.index] })],
);

export const recordings = pgTable('recordings', {
  sessionId: text('session_id').primaryKey(),
  status: text('status', { enum: ['recording', 'composing', 'ready', 'failed'] }).notNull(),
  encrypted: boolean('encrypted').notNull(),
  startedAt: moment('started_at').notNull(),
  lengthMs: doublePrecision('length_ms'),
  bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const people = pgTable('people', {
  id: text('id').primaryKey(),
  email: text('email').notNull().unique(),
  displayName: text('display_name').notNull(),
  role: text('role', { enum: ['learner', 'instructor', 'admin', 'operator'] }).notNull(),
  learnerId: text('learner_id'),
  passwordHash: text('password_hash'),
  issuer: text('issuer'),
  subject: text('subject'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
  disabledAt: moment('disabled_at'),
});

export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  family: text('family').notNull(),
  keyHash: text('key_hash').notNull().unique(),
  scopes: jsonb('scopes').$type<string[]>().notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: createdAt(),
  expiresAt: moment('expires_at'),
  revokedAt: moment('revoked_at'),
  lastUsedAt: moment('last_used_at'),
  replacedBy: text('replaced_by'),
});

export const webhooks = pgTable('webhooks', {
  id: text('id').primaryKey(),
  url: text('url').notNull(),
  events: jsonb('events').$type<string[]>().notNull(),
  secret: text('secret').notNull(),
  active: boolean('active').notNull().default(true),
  description: text('description'),
  createdBy: text('created_by').notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
  failingSince: moment('failing_since'),
  stoppedBecause: text('stopped_because', { enum: ['gone', 'failing'] }),
});

export const webhookDeliveries = pgTable('webhook_deliveries', {
  id: text('id').primaryKey(),
  webhookId: text('webhook_id').notNull(),
  event: text('event').notNull(),
  sessionId: text('session_id'),
  payload: jsonb('payload').notNull(),
  status: text('status', { enum: ['waiting', 'delivered', 'failed'] }).notNull(),
  attempts: integer('attempts').notNull().default(0),
  responseStatus: integer('response_status'),
  nextAttemptAt: moment('next_attempt_at'),
  createdAt: createdAt(),
  deliveredAt: moment('delivered_at'),
  attemptedAt: moment('attempted_at'),
  durationMs: integer('duration_ms'),
  failure: text('failure'),
  responseText: text('response_text'),
});

export const livekitEvents = pgTable('livekit_events', {
  id: text('id').primaryKey(),
  receivedAt: moment('received_at').notNull(),
});

export const idempotencyKeys = pgTable('idempotency_keys', {
  id: text('id').primaryKey(),
  requestHash: text('request_hash').notNull(),
  status: integer('status'),
  answer: json('answer'),
  learnerId: text('learner_id'),
  sessionId: text('session_id'),
  createdAt: createdAt(),
  expiresAt: moment('expires_at').notNull(),
});

export const auditLog = pgTable('audit_log', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  target: text('target'),
  requestId: text('request_id'),
  details: jsonb('details'),
  createdAt: createdAt(),
});

export const dataKeys = pgTable('data_keys', {
  id: text('id').primaryKey(),
  createdAt: createdAt(),
  retiredAt: moment('retired_at'),
});

export const erasures = pgTable('erasures', {
  id: text('id').primaryKey(),
  subjectKind: text('subject_kind', { enum: ['learner', 'session'] }).notNull(),
  subject: text('subject').notNull(),
  sessionIds: jsonb('session_ids').$type<string[]>().notNull(),
  since: moment('since').notNull(),
  status: text('status', { enum: ['waiting', 'done'] }).notNull(),
  steps: jsonb('steps').$type<{ where: string; count: number; code: string | null }[]>().notNull(),
  attempts: integer('attempts').notNull().default(0),
  requestedBy: text('requested_by').notNull(),
  requestId: text('request_id'),
  createdAt: createdAt(),
  nextAttemptAt: moment('next_attempt_at'),
  doneAt: moment('done_at'),
});

export const imports = pgTable('imports', {
  name: text('name').primaryKey(),
  createdAt: createdAt(),
});
