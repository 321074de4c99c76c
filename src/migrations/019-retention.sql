-- How long what is kept (src/retention.ts): what upkeep finds it by, and what stays of what it takes away.

-- For paging.
alter table leavings add id bigint generated always as identity unique;

-- Of a consent, where it came from may be forgotten. Nothing else of it ever changes.
create or replace function consents_are_append_only() returns trigger language plpgsql as $$
begin
  if new.ip is null and new.user_agent is null
    and to_jsonb(new) - '{ip,user_agent}'::text[] = to_jsonb(old) - '{ip,user_agent}'::text[] then return new;
  end if;
  raise exception 'consents are append-only';
end $$;
create index consents_with_origin on consents (at) where ip is not null or user_agent is not null;

create index subscriptions_expired on subscriptions (expired_at) where expired_at is not null;
create index subscriptions_left on subscriptions (unsubscribed_at) where unsubscribed_at is not null;

-- What an issue's deliveries came to that are gone: the sums of the issue remain true.
create table delivery_totals (
  issue_id       bigint not null references issues on delete cascade,
  state          text not null,
  count          int not null,
  primary key (issue_id, state)
);
alter table issues
  add replies_forgotten_at timestamptz,
  add deliveries_forgotten_at timestamptz;

-- The audit log cannot be changed, but may be forgotten after 90 days at the earliest, by whoever says that they mean it.
create or replace function audit_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and old.at < now() - interval '90 days'
    and current_setting('daily_digest.forgets', true) = 'audit' then return old;
  end if;
  raise exception 'the audit log cannot be changed';
end $$;
