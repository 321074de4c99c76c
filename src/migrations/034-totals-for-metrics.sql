-- What /metrics tells that only grows, whatever is deleted.

-- How the hand-overs of issues ended that are gone.
create table hand_over_totals (
  relay          text not null,                -- host:port
  domain_group   text not null,                -- as in issue_progress
  accepted       bigint not null,
  deferred       bigint not null,
  refused        bigint not null,
  uncertain      bigint not null,
  primary key (relay, domain_group)
);

create function keep_hand_over_totals() returns trigger language plpgsql as $$
begin
  insert into hand_over_totals as kept
  select relay, domain_group, sum(accepted), sum(deferred), sum(refused), sum(uncertain) from gone
  -- In an order, so that two who delete never wait for each other in a circle.
  group by relay, domain_group order by relay, domain_group
  on conflict (relay, domain_group) do update set
    accepted = kept.accepted + excluded.accepted,
    deferred = kept.deferred + excluded.deferred,
    refused = kept.refused + excluded.refused,
    uncertain = kept.uncertain + excluded.uncertain;
  return null;
end $$;
create trigger keep_hand_over_totals after delete on issue_progress
  referencing old table as gone for each statement execute function keep_hand_over_totals();

-- Pauses by the guard. No foreign key: they outlive the issue.
create table guard_pauses (
  issue_id       bigint not null,
  at             timestamptz not null,         -- the issue's paused_at: several processes may see the same reason
  reason         text not null,                -- its kind: src/delivery/guard.ts
  primary key (issue_id, at)
);

-- How long workers waited for a relay's rate, all together.
create table relay_waits (
  relay          text primary key,             -- host:port
  seconds        float8 not null
);
