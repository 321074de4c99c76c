-- Mails to the accounts about a feed, and hubs that tell us of a feed's news.

-- What mails were sent is in feed_mails.
alter table feeds drop column held_told_at;

-- The outbox: a row that is neither sent nor refused is found again.
create table feed_mails (
  feed_id    bigint not null references feeds on delete cascade,
  account_id bigint not null references accounts on delete cascade,
  kind       text not null check (kind in ('held', 'gone', 'failing')),
  made_at    timestamptz not null,
  due_at     timestamptz not null,
  attempts   int not null default 0,
  sent_at    timestamptz,
  refused_at timestamptz,
  reply      text,
  primary key (feed_id, account_id, kind, made_at)
);
create index feed_mails_due on feed_mails (due_at) where sent_at is null and refused_at is null;

-- WebSub: the hub that a feed names. A row without a lease is one that has yet to be agreed.
create table feed_hubs (
  feed_id     bigint primary key references feeds on delete cascade,
  hub         text not null,
  topic       text not null,              -- what the hub knows the feed as
  token       text not null unique,       -- in the address that the hub calls; the secret of its signatures is made from it
  next_ask_at timestamptz not null,       -- to agree, or to renew
  asked_at    timestamptz,
  lease_until timestamptz,
  told_at     timestamptz,                -- the last news
  failures    int not null default 0,     -- in a row
  last_error  text
);
create index feed_hubs_due on feed_hubs (next_ask_at);
