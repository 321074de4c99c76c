-- A database that was put back to an earlier state is noticed (src/issues/lifeline.ts), and posts that a relay kept
-- putting off are given back to their readers.

create table lifeline (
  one            boolean primary key default true check (one),
  -- Given at the first beat: copies of an empty database are different ones.
  database_id    uuid,
  beat           bigint not null default 0,    -- counts up; whoever has seen a higher one knows that we went back
  beat_at        timestamptz,
  place          text,                         -- the server, the database in it and its timeline
  held_at        timestamptz,                  -- nothing is sent since, and why:
  hold_reason    text,
  lost_from      timestamptz,                  -- the last beat that the database remembers
  lost_until     timestamptz                   -- the last that somebody else does; null: nobody can tell
);
insert into lifeline default values;

-- Refused as expired: the reader's posts were given back, for the next issue.
alter table deliveries add returned_at timestamptz;
create index deliveries_expired on deliveries (issue_id)
  where state = 'refused' and reason = 'expired' and returned_at is null;
