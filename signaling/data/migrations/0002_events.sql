-- Events: LiveKit's, each taken once, and ours, which stand in webhook_deliveries from the same transaction on in which
-- what they tell of happened.

-- The LiveKit of its room, where there are several.
alter table sessions add column region text;
create index sessions_live_by_region on sessions (region) where ended_at is null;

alter table webhooks add column failing_since timestamptz;
-- 'gone': it answered 410; 'failing': nothing was taken for days.
alter table webhooks add column stopped_because text check (stopped_because in ('gone', 'failing'));

-- Of the last attempt.
alter table webhook_deliveries add column attempted_at timestamptz;
alter table webhook_deliveries add column duration_ms integer;
alter table webhook_deliveries add column failure text;
alter table webhook_deliveries add column response_text text;
create index webhook_deliveries_of_session on webhook_deliveries (session_id) where status = 'waiting';

-- Ids of LiveKit's webhooks that were taken, for as long as one could come again.
create table livekit_events (
  id text primary key,
  received_at timestamptz not null
);
create index livekit_events_by_age on livekit_events (received_at);

-- Writes one delivery for each webhook that wants the event. Ids and links only.
create function tell_webhooks(told_event text, about text, more jsonb, happened_at timestamptz, due_at timestamptz)
returns void language sql as $$
  insert into webhook_deliveries
    (id, webhook_id, event, session_id, payload, status, next_attempt_at, created_at)
  select
    'evt_' || replace(gen_random_uuid()::text, '-', ''), webhooks.id, told_event, sessions.id,
    jsonb_build_object(
      'type', told_event,
      'timestamp', to_char(happened_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'data', jsonb_build_object(
        'sessionId', sessions.id,
        'scenarioId', sessions.scenario_id,
        'learnerId', sessions.learner_id,
        'links', jsonb_build_object('session', '/api/v1/sessions/' || sessions.id)
      ) || more
    ),
    'waiting', due_at, date_trunc('milliseconds', happened_at)
  from webhooks join sessions on sessions.id = about
  where webhooks.active and jsonb_exists(webhooks.events, told_event)
$$;

create function tell_of_session() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    -- Its room is still to be made: signaling brings the moment forward when it is.
    perform tell_webhooks('session.created', new.id, '{}', new.created_at, new.created_at + interval '60 seconds');
  else
    perform tell_webhooks('session.ended', new.id, jsonb_build_object('endReason', new.end_reason),
      new.ended_at, new.ended_at);
  end if;
  return null;
end $$;
create trigger session_created after insert on sessions
  for each row when (new.ended_at is null) execute function tell_of_session();
create trigger session_ended after update of ended_at on sessions
  for each row when (old.ended_at is null and new.ended_at is not null) execute function tell_of_session();

create function tell_of_report() returns trigger language plpgsql as $$
begin
  perform tell_webhooks('report.ready', new.session_id,
    jsonb_build_object('links', jsonb_build_object(
      'session', '/api/v1/sessions/' || new.session_id,
      'report', '/api/v1/sessions/' || new.session_id || '/report')),
    new.created_at, new.created_at);
  return null;
end $$;
create trigger report_ready after insert on reports for each row execute function tell_of_report();

create function tell_of_recording() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.status = new.status then
    return null;
  end if;
  perform tell_webhooks('recording.' || new.status, new.session_id,
    jsonb_build_object('links', jsonb_build_object(
      'session', '/api/v1/sessions/' || new.session_id,
      'recording', '/api/v1/sessions/' || new.session_id || '/recording')),
    new.updated_at, new.updated_at);
  return null;
end $$;
create trigger recording_done after insert or update of status on recordings
  for each row when (new.status in ('ready', 'failed')) execute function tell_of_recording();
