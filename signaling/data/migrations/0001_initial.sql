-- What lasts. Deleting a learner deletes everything about them: their sessions, and with these reports, transcripts and
-- what is known of recordings. The audit log names things by their ids and holds nobody's words.

create table learners (
  id text primary key,
  display_name text not null,
  -- The embedder's own name for them.
  external_id text unique,
  language text,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index learners_by_age on learners (created_at, id);

create table scenarios (
  id text primary key,
  -- 'file' follows the file of the same name; a change through the API makes it 'api', and the file is left alone.
  origin text not null check (origin in ('file', 'api')),
  latest_version integer not null,
  published_version integer,
  -- Counts every change; the ETag.
  revision integer not null default 1,
  archived_at timestamptz,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table scenario_versions (
  scenario_id text not null references scenarios (id) on delete cascade,
  version integer not null check (version > 0),
  -- The scenario, checked before it came here; json, not jsonb, because the order of its cues counts.
  document json not null,
  -- As it was written, with its comments, where it came as YAML.
  source text,
  source_hash text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  published_at timestamptz,
  primary key (scenario_id, version)
);

create table sessions (
  id text primary key,
  scenario_id text not null,
  -- Null in sessions from before versions were counted.
  scenario_version integer,
  learner_id text references learners (id) on delete cascade,
  learner_identity text not null,
  learner_name text not null,
  avatar text,
  recording boolean not null default false,
  created_by text not null,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  -- 'asked', 'reported' or 'lost'.
  end_reason text
);
create index sessions_by_age on sessions (created_at, id);
create index sessions_of_learner on sessions (learner_id, created_at, id);
create index sessions_live on sessions (created_at) where ended_at is null;

create table reports (
  session_id text primary key references sessions (id) on delete cascade,
  status text not null,
  score integer,
  -- The report without its transcript.
  document jsonb not null,
  created_at timestamptz not null default now()
);
create index reports_by_age on reports (created_at, session_id);

create table transcript_turns (
  session_id text not null references sessions (id) on delete cascade,
  turn_index integer not null check (turn_index >= 0),
  speaker text not null,
  start_ms double precision not null,
  end_ms double precision not null,
  spoken text not null,
  typed boolean not null,
  interrupted boolean not null,
  fillers jsonb not null,
  created_at timestamptz not null default now(),
  primary key (session_id, turn_index)
);

-- The files are in the folder of recordings.
create table recordings (
  session_id text primary key references sessions (id) on delete cascade,
  status text not null,
  encrypted boolean not null,
  started_at timestamptz not null,
  length_ms double precision,
  bytes bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- People who sign in here, where no OpenID Connect provider is given.
create table people (
  id text primary key,
  email text not null unique,
  display_name text not null,
  role text not null check (role in ('learner', 'instructor', 'admin', 'operator')),
  learner_id text references learners (id) on delete cascade,
  -- Argon2id; null for those who sign in elsewhere.
  password_hash text,
  -- Issuer and subject of OpenID Connect.
  issuer text,
  subject text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  disabled_at timestamptz,
  unique (issuer, subject)
);

create table api_keys (
  id text primary key,
  name text not null,
  -- SHA-256 of the key, which nobody keeps.
  key_hash text not null unique,
  scopes jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  -- The key that took its place.
  replaced_by text references api_keys (id) on delete set null
);
create index api_keys_by_age on api_keys (created_at, id);

create table webhooks (
  id text primary key,
  url text not null,
  events jsonb not null,
  -- Signs deliveries.
  secret text not null,
  active boolean not null default true,
  description text,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index webhooks_by_age on webhooks (created_at, id);

create table webhook_deliveries (
  id text primary key,
  webhook_id text not null references webhooks (id) on delete cascade,
  event text not null,
  session_id text references sessions (id) on delete cascade,
  payload jsonb not null,
  status text not null check (status in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  response_status integer,
  next_attempt_at timestamptz,
  created_at timestamptz not null default now(),
  delivered_at timestamptz
);
create index webhook_deliveries_by_age on webhook_deliveries (webhook_id, created_at, id);
create index webhook_deliveries_waiting on webhook_deliveries (next_attempt_at) where status = 'waiting';

create table idempotency_keys (
  -- SHA-256 of who asked, where and with which key.
  id text primary key,
  request_hash text not null,
  -- Null while the first request runs.
  status integer,
  answer json,
  learner_id text references learners (id) on delete cascade,
  session_id text references sessions (id) on delete cascade,
  created_at timestamptz not null default now(),
  -- Until then the first request is taken to run, or its answer is replayed.
  expires_at timestamptz not null
);
create index idempotency_keys_by_expiry on idempotency_keys (expires_at);

create table audit_log (
  id bigint generated always as identity primary key,
  actor text not null,
  action text not null,
  target text,
  request_id text,
  details jsonb,
  created_at timestamptz not null default now()
);
create index audit_log_by_age on audit_log (created_at, id);

-- What was taken in once, such as a folder of an older release.
create table imports (
  name text primary key,
  created_at timestamptz not null default now()
);
