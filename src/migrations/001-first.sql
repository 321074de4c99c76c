-- The whole state of Daily Digest. The queue holds wake-ups only: everything here can be found again by asking
-- these tables, so that losing the queue loses nothing.
--
-- Statuses are derived on read from timestamps (src/issues/status.ts, src/subscribers/status.ts); the one stored
-- state is deliveries.state, the ledger itself.

create table newsletters (
  id             bigint generated always as identity primary key,
  slug           text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
  name           text not null,
  site_url       text,
  from_name      text not null,
  from_address   text not null,
  reply_to       text,
  -- Without a postal address nothing is sent (CAN-SPAM, 16 CFR 316.4(a)).
  postal_address text,
  timezone       text not null default 'UTC',
  language       text not null default 'en',
  -- {frequencies, sendTime, weekdays, weeklyDay, cutoffMinutes, review, minPosts, maxPosts, lateAfterMinutes}
  schedule       jsonb not null,
  subject        text not null,
  content        text not null default 'excerpt' check (content in ('excerpt', 'full', 'headlines')),
  topics         text[] not null default '{}',
  confirm        text not null default 'double' check (confirm in ('double', 'imported-only')),
  tracking       text not null default 'off' check (tracking in ('off', 'consent')),
  -- The last number given to an eligible post. Taken with an update of this row, so that numbers have no holes
  -- that a later commit could fill: a reader's read_through can never skip a post.
  seq            bigint not null default 0,
  last_number    int not null default 0,
  -- The planner has looked at every slot up to here.
  planned_through timestamptz not null default now(),
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now()
);

create table feeds (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  url            text not null,
  kind           text,                       -- as found: rss, atom, rdf, json
  title          text,
  etag           text,
  last_modified  text,
  created_at     timestamptz not null default now(),
  disabled_at    timestamptz,
  next_poll_at   timestamptz not null default now(),
  last_polled_at timestamptz,
  last_success_at timestamptz,
  last_new_post_at timestamptz,
  failures       int not null default 0,     -- in a row
  last_error     text,                       -- in words, for the publisher
  unique (newsletter_id, url)
);
create index feeds_due on feeds (next_poll_at) where disabled_at is null;

create table posts (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  feed_id        bigint references feeds on delete set null,   -- null: pushed through the API
  guid           text,
  url            text,
  title          text not null,
  html           text not null default '',   -- sanitised on the way in
  text           text not null default '',
  excerpt        text not null default '',
  author         text,
  image          jsonb,                       -- {url, width, height, alt}
  topics         text[] not null default '{}',
  comment_count  int,
  published_at   timestamptz,                 -- what the feed says; decides nothing
  -- known: was in the feed, and older than a day, when the feed was added. Never news.
  state          text not null check (state in ('eligible', 'held', 'excluded', 'known')),
  pinned         boolean not null default false,
  seq            bigint,                      -- arrival order among the newsletter's eligible posts
  first_seen_at  timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  check (seq is not null or state <> 'eligible'),
  unique (newsletter_id, seq)
);
create index posts_by_newsletter on posts (newsletter_id, id desc);

-- Every identity a post was ever seen under. The primary key is what makes a post reach a reader once.
create table post_identities (
  newsletter_id  bigint not null references newsletters on delete cascade,
  identity       text not null,               -- 'guid:…', 'url:…', 'print:…' (src/posts/identity.ts)
  post_id        bigint not null references posts on delete cascade,
  primary key (newsletter_id, identity)
);
create index post_identities_by_post on post_identities (post_id);

create table subscribers (
  id             bigint generated always as identity primary key,
  address        text not null,               -- as mail is addressed: the domain in lower case and A-labels
  address_key    text not null unique,        -- the address in lower case: one person, one row
  -- HMAC of address_key, so that suppressions outlive erasure
  address_hash   bytea not null,
  domain         text not null,
  name           text,
  language       text,
  created_at     timestamptz not null default now()
);
create index subscribers_by_hash on subscribers (address_hash);

-- Distinct reading times, so that the planner looks at some hundred rows and not at every subscription.
create table reading_times (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  frequency      text not null check (frequency in ('daily', 'weekly')),
  send_time      text not null,               -- 'HH:MM', wall clock in timezone
  weekday        int check (weekday between 1 and 7),  -- weekly only; ISO: Monday is 1
  timezone       text not null,
  unique nulls not distinct (newsletter_id, frequency, send_time, weekday, timezone)
);

create table subscriptions (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  subscriber_id  bigint not null references subscribers on delete cascade,
  requested_at   timestamptz not null default now(),
  confirmation_sent_at timestamptz,           -- null while pending is the outbox
  confirm_token_hash bytea unique,            -- SHA-256 of the token in the confirmation mail; single use
  confirm_token_expires_at timestamptz,
  confirmed_at   timestamptz,
  unsubscribed_at timestamptz,
  expired_at     timestamptz,
  paused_until   timestamptz,
  reading_time_id bigint references reading_times,  -- null: the newsletter's own
  topics         text[],                       -- null: all
  -- The last seq this reader was offered; only the fan-out (and a cancellation) moves it.
  read_through   bigint not null default 0,
  -- Posts beyond read_through that an issue of chosen posts has brought already.
  read_ahead     bigint[] not null default '{}',
  unique (newsletter_id, subscriber_id)
)
-- The fan-out moves read_through of every reader: with room for that on its page, a row takes none of its indexes along.
with (fillfactor = 50);
create index subscriptions_active on subscriptions (newsletter_id, subscriber_id)
  where confirmed_at is not null and unsubscribed_at is null;
create index subscriptions_unsent on subscriptions (requested_at)
  where confirmation_sent_at is null and confirmed_at is null and unsubscribed_at is null and expired_at is null;
create index subscriptions_by_subscriber on subscriptions (subscriber_id);

-- What a reader agreed to, when, from where, in which words. Append-only.
create table consents (
  id             bigint generated always as identity primary key,
  subscription_id bigint not null references subscriptions on delete cascade,
  event          text not null check (event in ('requested', 'confirmed', 'imported', 'added', 'changed', 'unsubscribed')),
  at             timestamptz not null default now(),
  via            text not null,                -- form, api, import, one-click, page, console
  wording        text,
  language       text,
  ip             inet,
  user_agent     text,
  detail         jsonb
);
create index consents_by_subscription on consents (subscription_id);
create function consents_are_append_only() returns trigger language plpgsql as
  $$ begin raise exception 'consents are append-only'; end $$;
create trigger consents_are_append_only before update on consents
  for each row execute function consents_are_append_only();

create table suppressions (
  address_hash   bytea primary key,
  reason         text not null,                -- manual, bounce, complaint, erasure, imported
  detail         text,
  created_at     timestamptz not null default now()
);

create table issues (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  number         int,                          -- given at the freeze
  kind           text not null check (kind in ('scheduled', 'manual')),
  slot           timestamptz not null,
  -- Who is due: the newsletter's own schedule, and which reading times. A manual issue is for everyone.
  due_default    boolean not null default true,
  due_reading_times bigint[] not null default '{}',
  post_ids       bigint[],                     -- chosen by hand (POST …/issues {postIds}); null: what is unread
  review         text not null check (review in ('auto', 'hold')),
  subject        text,
  seq_through    bigint,                       -- the newsletter's seq at the cut-off
  created_at     timestamptz not null default now(),
  frozen_at      timestamptz,
  approved_at    timestamptz,
  fanned_out_at  timestamptz,
  retry_until    timestamptz,                   -- deferred deliveries are given up then
  paused_at      timestamptz,
  pause_reason   text,
  cancelled_at   timestamptz,
  finished_at    timestamptz,
  skipped_at     timestamptz,
  skip_reason    text,
  candidates     int,
  excluded       jsonb not null default '{}',  -- at fan-out: {nothingNew, paused, suppressed}
  batches        int not null default 0,       -- the last batch number given out
  unique (newsletter_id, number)
);
-- Two planners or a replay make one issue of a slot.
create unique index issues_one_per_slot on issues (newsletter_id, slot) where kind = 'scheduled';
create index issues_unfinished on issues (id)
  where finished_at is null and cancelled_at is null and skipped_at is null;
create index issues_by_newsletter on issues (newsletter_id, id desc);

-- The posts as they were at the cut-off. What is edited later on the site does not change what was mailed.
create table issue_posts (
  issue_id       bigint not null references issues on delete cascade,
  post_id        bigint not null references posts on delete cascade,
  position       int not null,
  seq            bigint not null,
  post           jsonb not null,
  primary key (issue_id, post_id)
);

-- One rendered form of an issue: the readers whose list of posts and language are the same share it.
create table variants (
  id             bigint generated always as identity primary key,
  issue_id       bigint not null references issues on delete cascade,
  key            text not null,
  language       text not null,
  post_ids       bigint[] not null,
  more           int not null default 0,       -- posts beyond maxPosts, "N more on the web"
  subject        text not null,
  preheader      text not null,
  html           text not null,
  text           text not null,
  unique (issue_id, key)
);

-- A process that delivers. What it has claimed is judged by whether it still lives.
create table delivery_workers (
  id             bigint generated always as identity primary key,
  host           text not null,
  pid            int not null,
  started_at     timestamptz not null default now(),
  seen_at        timestamptz not null default now(),
  ended_at       timestamptz
);

-- The ledger: one issue for one subscriber, the only record that they were mailed or not.
create table deliveries (
  -- A foreign key would look an issue up a million times; the trigger below does for all that goes with one.
  issue_id       bigint not null,
  -- No foreign key: when a subscriber is erased, the number stays and the sums of the issue remain true.
  subscriber_id  bigint not null,
  subscription_id bigint not null,
  variant_id     bigint not null,
  batch          int not null,
  state          text not null default 'queued' check (state in
    ('queued', 'sending', 'accepted', 'deferred', 'refused', 'uncertain', 'bounced', 'complained', 'excluded')),
  attempts       smallint not null default 0,
  read_from      bigint not null,              -- the reader's read_through before, given back when cancelled
  read_ahead     bigint[],
  worker_id      bigint,
  due_at         timestamptz,                  -- deferred: when to try again
  first_try_at   timestamptz,
  changed_at     timestamptz,
  reply_code     smallint,
  reply          text,
  reason         text,                         -- excluded: unsubscribed, suppressed, …; refused: permanent, expired, …
  primary key (issue_id, subscriber_id)
);
create index deliveries_waiting on deliveries (issue_id, batch) where state = 'queued';
create index deliveries_sending on deliveries (issue_id, worker_id) where state = 'sending';
create index deliveries_deferred on deliveries (issue_id, due_at) where state = 'deferred';
create index deliveries_by_subscriber on deliveries (subscriber_id);
create function delete_deliveries_of_issues() returns trigger language plpgsql as
  $$ begin delete from deliveries d using gone where d.issue_id = gone.id; return null; end $$;
create trigger delete_deliveries_of_issues after delete on issues
  referencing old table as gone for each statement execute function delete_deliveries_of_issues();

-- Every attempt that did not end in acceptance; the acceptance is in the delivery itself.
create table attempts (
  issue_id       bigint not null,
  subscriber_id  bigint not null,
  attempt        smallint not null,
  at             timestamptz not null default now(),
  relay          text not null,
  outcome        text not null,
  stage          text not null,
  reply_code     smallint,
  reply          text,
  primary key (issue_id, subscriber_id, attempt),
  foreign key (issue_id, subscriber_id) references deliveries on delete cascade
);

create table accounts (
  id             bigint generated always as identity primary key,
  email          text not null,
  email_key      text not null unique,
  password_hash  text not null,                -- argon2id
  role           text not null check (role in ('owner', 'editor', 'viewer')),
  created_at     timestamptz not null default now()
);

create table sessions (
  token_hash     bytea primary key,            -- SHA-256 of the cookie
  account_id     bigint not null references accounts on delete cascade,
  csrf_token     text not null,
  created_at     timestamptz not null default now(),
  seen_at        timestamptz not null default now(),
  expires_at     timestamptz not null
);

create table api_keys (
  id             bigint generated always as identity primary key,
  name           text not null,
  key_hash       bytea not null unique,
  role           text not null check (role in ('owner', 'editor', 'viewer')),
  created_at     timestamptz not null default now(),
  expires_at     timestamptz,
  last_used_at   timestamptz,
  revoked_at     timestamptz
);

-- An answer already given to this key, path and Idempotency-Key; kept for a day.
create table idempotent_answers (
  api_key_id     bigint not null references api_keys on delete cascade,
  idempotency_key text not null,
  request_hash   bytea not null,               -- of method, path and body
  status         int,                          -- null while the first request is being answered
  body           text,
  created_at     timestamptz not null default now(),
  primary key (api_key_id, idempotency_key)
);

create table imports (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  basis          text not null,
  dry_run        boolean not null default false,
  state          text not null default 'queued' check (state in ('queued', 'running', 'finished', 'failed')),
  body           bytea,                        -- dropped when finished
  content_type   text not null,
  rows           int not null default 0,
  created        int not null default 0,
  updated        int not null default 0,
  skipped        int not null default 0,
  errors         jsonb not null default '[]',
  failure        text,
  created_at     timestamptz not null default now(),
  finished_at    timestamptz
);

create table audit (
  id             bigint generated always as identity primary key,
  at             timestamptz not null default now(),
  actor          text not null,                -- 'account:1', 'key:2', 'cli'
  action         text not null,
  subject        text,
  detail         jsonb
);
create function audit_is_append_only() returns trigger language plpgsql as
  $$ begin raise exception 'the audit log cannot be changed'; end $$;
create trigger audit_is_append_only before update or delete on audit
  for each row execute function audit_is_append_only();
