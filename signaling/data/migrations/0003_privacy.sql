-- Personal data. Names, reports, transcripts, webhook secrets and stored answers are encrypted from now on by signaling
-- (signaling/privacy), which also encrypts what is there already, in the background; both are read meanwhile.

-- Keys that something here was encrypted with, by their ids. The keys are kept elsewhere.
create table data_keys (
  id text primary key,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

-- Requests to erase somebody: done again until everything is gone, then kept as evidence. Ids only.
create table erasures (
  id text primary key,
  subject_kind text not null check (subject_kind in ('learner', 'session')),
  subject text not null,
  session_ids jsonb not null,
  -- When the first of these sessions began.
  since timestamptz not null,
  status text not null check (status in ('waiting', 'done')),
  steps jsonb not null,
  attempts integer not null default 0,
  requested_by text not null,
  request_id text,
  created_at timestamptz not null default now(),
  next_attempt_at timestamptz,
  done_at timestamptz,
  unique (subject_kind, subject)
);
create index erasures_due on erasures (next_attempt_at) where next_attempt_at is not null;

create index sessions_by_end on sessions (ended_at) where ended_at is not null;
create index audit_log_by_target on audit_log (target, id);
create index audit_log_by_actor on audit_log (actor, id);
