-- Confirmations that a relay put off or refused, limits per caller, and imports whose worker died.

alter table subscriptions
  -- Not before this: after a deferral, and while a worker is busy with it.
  add confirmation_due_at timestamptz not null default now(),
  add confirmation_attempts smallint not null default 0,
  add confirmation_refused_at timestamptz,     -- the relay said no; asking anew clears it
  add confirmation_reply text;                 -- the last reply that was no acceptance

-- Pending: never confirmed, or asking again after having left (src/subscribers/status.ts).
drop index subscriptions_unsent;
create index subscriptions_unsent on subscriptions (confirmation_due_at)
  where confirmation_sent_at is null and confirmation_refused_at is null and expired_at is null
    and case when unsubscribed_at is null then confirmed_at is null else requested_at > unsubscribed_at end;
create index subscriptions_pending on subscriptions (requested_at)
  where expired_at is null
    and case when unsubscribed_at is null then confirmed_at is null else requested_at > unsubscribed_at end;

-- As rate-limiter-flexible wants it. Unlogged: a crash may forget who asked how often.
create unlogged table rate_limits (
  key            varchar(255) primary key,
  points         int not null default 0,
  expire         bigint                        -- ms since 1970
);

alter table imports
  add progress_at timestamptz,                 -- the last lot written; older than a minute: its worker is gone
  add lines int not null default 0,            -- of the body, for a progress bar; rows that span lines count once
  add invalid int not null default 0;          -- rows in error, also those beyond the errors kept; part of skipped
