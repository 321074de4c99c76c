-- How an issue's hand-overs ended, by relay and provider: statistics that each worker adds to once a second. The ledger
-- stays the truth; what a killed worker had not yet added is missing here.
create table issue_progress (
  issue_id       bigint not null references issues on delete cascade,
  worker_id      bigint not null,              -- each adds to rows of its own: none waits for another
  relay          text not null,                -- host:port
  domain_group   text not null,                -- a provider, or 'others' (src/mail/domain-groups.ts)
  accepted       int not null default 0,
  deferred       int not null default 0,
  refused        int not null default 0,
  uncertain      int not null default 0,
  updated_at     timestamptz not null default now(),
  primary key (issue_id, worker_id, relay, domain_group)
);

-- A process's circuits to its relays: {"host:port": "closed" | "open" | "half-open"}.
alter table delivery_workers add circuits jsonb not null default '{}';
