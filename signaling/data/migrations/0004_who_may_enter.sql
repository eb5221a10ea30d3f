-- Who may enter: keys keep what they own when they are rotated, people are signed in.

-- The first key of those that took each other's place; what it created belongs to all of them.
alter table api_keys add column family text;
with recursive line as (
  select api_keys.id, api_keys.id as family, api_keys.replaced_by
  from api_keys
  where not exists (select 1 from api_keys as older where older.replaced_by = api_keys.id)
  union all
  select next.id, line.family, next.replaced_by
  from line join api_keys as next on next.id = line.replaced_by
)
update api_keys set family = line.family from line where line.id = api_keys.id;
alter table api_keys alter column family set not null;

create index people_by_age on people (created_at, id);
create index sessions_by_creator on sessions (created_by, created_at, id);

create table sign_ins (
  -- SHA-256 of the secret in the cookie, which nobody keeps.
  id_hash text primary key,
  person_id text not null references people (id) on delete cascade,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null
);
create index sign_ins_of_person on sign_ins (person_id);
create index sign_ins_by_expiry on sign_ins (expires_at);

-- Attempts to sign in, counted for a while for each account and address, of which only hashes are kept.
create table sign_in_attempts (
  id_hash text primary key,
  attempts integer not null,
  until timestamptz not null
);
create index sign_in_attempts_by_end on sign_in_attempts (until);

-- Sign-ins with a provider that have begun: each is taken once.
create table provider_sign_ins (
  id_hash text primary key,
  state text not null,
  nonce text not null,
  verifier text not null,
  return_to text not null,
  expires_at timestamptz not null
);
create index provider_sign_ins_by_expiry on provider_sign_ins (expires_at);
