-- Sessions that failed are told as such, too.

create or replace function tell_of_session() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    -- Its room is still to be made: signaling brings the moment forward when it is.
    perform tell_webhooks('session.created', new.id, '{}', new.created_at, new.created_at + interval '60 seconds');
    return null;
  end if;
  perform tell_webhooks('session.ended', new.id, jsonb_build_object('endReason', new.end_reason),
    new.ended_at, new.ended_at);
  if new.end_reason in ('lost', 'unanswered', 'given-up') then
    perform tell_webhooks('session.failed', new.id, jsonb_build_object('endReason', new.end_reason),
      new.ended_at, new.ended_at);
  end if;
  return null;
end $$;
