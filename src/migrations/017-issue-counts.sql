-- The deliveries of an issue by state, kept by the database with each change, so that nobody counts a million rows to
-- show a progress bar. The ledger stays the truth: an issue finishes by counting it.
create table issue_counts (
  issue_id       bigint not null references issues on delete cascade,
  shard          int not null,                 -- the backend that changed them: none waits for another's row
  queued         int not null default 0,       -- what that backend added less what it took: below zero, too
  sending        int not null default 0,
  accepted       int not null default 0,
  deferred       int not null default 0,
  refused        int not null default 0,
  uncertain      int not null default 0,
  bounced        int not null default 0,
  complained     int not null default 0,
  excluded       int not null default 0,
  primary key (issue_id, shard)
) with (fillfactor = 25);

insert into issue_counts
select issue_id, 0,
  count(*) filter (where state = 'queued'),
  count(*) filter (where state = 'sending'),
  count(*) filter (where state = 'accepted'),
  count(*) filter (where state = 'deferred'),
  count(*) filter (where state = 'refused'),
  count(*) filter (where state = 'uncertain'),
  count(*) filter (where state = 'bounced'),
  count(*) filter (where state = 'complained'),
  count(*) filter (where state = 'excluded')
from deliveries group by issue_id;

-- Changes only. The fan-out, which alone inserts, adds its number itself: to hold a million new rows for a trigger costs
-- seconds. 0.1 ms for a lot.
create function count_changed_deliveries() returns trigger language plpgsql as $$
begin
  insert into issue_counts as counted
  select issue_id, pg_backend_pid(),
    sum(case state when 'queued' then d else 0 end),
    sum(case state when 'sending' then d else 0 end),
    sum(case state when 'accepted' then d else 0 end),
    sum(case state when 'deferred' then d else 0 end),
    sum(case state when 'refused' then d else 0 end),
    sum(case state when 'uncertain' then d else 0 end),
    sum(case state when 'bounced' then d else 0 end),
    sum(case state when 'complained' then d else 0 end),
    sum(case state when 'excluded' then d else 0 end)
  from (select issue_id, state, 1 as d from changed union all select issue_id, state, -1 from before_change) moved
  -- In the order of the ids, so that two who change several issues never wait for each other in a circle.
  group by issue_id order by issue_id
  on conflict (issue_id, shard) do update set
    queued = counted.queued + excluded.queued,
    sending = counted.sending + excluded.sending,
    accepted = counted.accepted + excluded.accepted,
    deferred = counted.deferred + excluded.deferred,
    refused = counted.refused + excluded.refused,
    uncertain = counted.uncertain + excluded.uncertain,
    bounced = counted.bounced + excluded.bounced,
    complained = counted.complained + excluded.complained,
    excluded = counted.excluded + excluded.excluded;
  return null;
end $$;
create trigger count_changed_deliveries after update on deliveries
  referencing old table as before_change new table as changed
  for each statement execute function count_changed_deliveries();

-- A pace for each row, so that a rate needs no history: acceptances a second, weighted towards the last half minute.
alter table issue_progress
  add started_at timestamptz not null default now(),
  add pace float8 not null default 0;
