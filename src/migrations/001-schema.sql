-- The schema of Daily Digest. Tables are grouped by owner: the folder below src that writes them.
--
-- PostgreSQL holds every fact. The queue holds wake-ups only, so losing the queue loses nothing: a
-- sweep finds all outstanding work in these tables.
--
-- Conventions:
-- * A status is derived on read from timestamps, by a pure function (src/issues/status.ts,
--   src/subscribers/status.ts). deliveries.state is the exception: it is the ledger itself.
-- * An outbox is a set of rows with an unsent mail, and `due_at` says when to try next. A worker claims
--   a row by moving `due_at` ahead, so a mail whose worker died falls due again.
-- * Statements that write several rows order them by key: two such transactions then cannot deadlock.
-- * "Retention" deletes what is old. "Upkeep" is the worker that runs it.


-- src/keys: which SECRET_KEY the installation has --------------------------------------------------

-- A SECRET_KEY that signs or has signed links. The keys themselves are in the environment.
create table secret_keys (
  id             smallint primary key check (id between 1 and 255),  -- in tokens
  fingerprint    bytea not null unique,        -- keyed: reveals nothing of the key
  sealed_suppression_key bytea,                -- the key of suppressions, sealed with the current key
  first_used_at  timestamptz not null default now(),
  replaced_at    timestamptz,                  -- null: the current key
  check ((sealed_suppression_key is null) = (replaced_at is not null))
);
create unique index one_current_secret_key on secret_keys ((true)) where replaced_at is null;


-- src/accounts: who signs in to the console or calls the API, and what they did -------------------

-- A person who signs in to the console.
create table accounts (
  id             bigint generated always as identity primary key,
  email          text not null,                -- as typed
  email_key      text not null unique,         -- in lower case, for looking up
  password_hash  text,                         -- argon2id; null: invited, and has not chosen a password
  role           text not null check (role in ('owner', 'editor', 'viewer')),
  all_newsletters boolean not null default true,  -- false: the role is for those of account_newsletters only
  language       text not null default 'en',   -- of the console and of mails to the account
  created_at     timestamptz not null default now(),
  seen_at        timestamptz,                  -- last use of the console, to the minute; null: never
  totp_secret    bytea,                        -- sealed; null: no second factor
  totp_step      bigint not null default 0,    -- of the last code that was accepted: none is accepted twice
  factor_setup   bytea,                        -- sealed: a secret to confirm, or recovery codes to save
  factor_setup_at timestamptz
);

-- A person at a provider of OpenID Connect that belongs to an account, since the first sign-in through it.
create table account_identities (
  issuer         text not null,
  subject        text not null,                -- names the person at the issuer for ever; an address does not
  account_id     bigint not null references accounts on delete cascade,
  created_at     timestamptz not null,
  primary key (issuer, subject),
  unique (account_id, issuer)
);

-- One browser that is signed in.
create table sessions (
  token_hash     bytea primary key,            -- SHA-256 of the cookie
  account_id     bigint not null references accounts on delete cascade,
  csrf_token     text not null,
  user_agent     text not null default '',     -- the browser's name for itself, cut
  awaits_code    boolean not null default false,  -- the password was right, the second factor is still to come
  proved_at      timestamptz not null default now(),  -- last proof of who it is: dangerous acts want a recent one
  created_at     timestamptz not null default now(),
  seen_at        timestamptz not null default now(),  -- last use; an idle session ends
  expires_at     timestamptz not null
);
-- Lists and ends the sessions of an account.
create index sessions_account on sessions (account_id);

-- A code by which an account signs in without its authenticator app. A used one is deleted.
create table recovery_codes (
  account_id     bigint not null references accounts on delete cascade,
  code_hash      bytea not null,               -- SHA-256
  primary key (account_id, code_hash)
);

-- A link of a mail by which an account chooses a password: once, until it expires.
create table account_links (
  id             bigint generated always as identity primary key,
  account_id     bigint not null references accounts on delete cascade,
  purpose        text not null check (purpose in ('invitation', 'reset')),
  made_by        bigint references accounts on delete set null,  -- null: the account itself, or the command line
  made_at        timestamptz not null,
  expires_at     timestamptz not null,
  token_hash     bytea unique,                 -- SHA-256; null until the mail is rendered
  unique (account_id, purpose)                 -- a new link replaces the one before
);

-- A key of the HTTP API. Revoked keys stay, because the audit log names keys by id.
create table api_keys (
  id             bigint generated always as identity primary key,
  name           text not null,
  key_hash       bytea not null unique,
  role           text not null check (role in ('owner', 'editor', 'viewer')),
  created_at     timestamptz not null default now(),
  expires_at     timestamptz,                  -- null: never
  last_used_at   timestamptz,
  revoked_at     timestamptz
);

-- One action of a person or a program. Append-only, and a chain: each entry holds the hash of the one
-- before it, so that a removed or changed entry shows (`daily-digest audit verify`).
create table audit (
  id             bigint primary key,           -- 1, 2, 3, … without gaps, in the order of commits
  at             timestamptz not null default now(),
  actor          text not null,                -- 'account:1', 'key:2', 'cli'
  action         text not null,                -- 'post.change' and so on
  subject        text,                         -- 'post:7' and so on
  detail         jsonb,
  prev_hash      bytea not null,               -- the hash of the entry before
  hash           bytea not null                -- SHA-256 of prev_hash and the entry, see chain_audit
);

-- selectAuditWhere: a period, a kind of action, a person, and both. selectActors uses the third.
create index audit_by_time on audit (at, id);
create index audit_by_action on audit (action, at, id);
create index audit_by_actor on audit (actor, at, id);
create index audit_by_actor_and_action on audit (actor, action, at, id);
-- selectPostFacts: the last decision about a post.
create index audit_of_posts on audit (subject, id) where action = 'post.change';

-- Both ends of the chain. Without it, removing the newest entries would not show.
create table audit_chain (
  one            boolean primary key default true check (one),  -- a single row
  last_id        bigint not null default 0,
  last_hash      bytea not null default '',
  forgotten_id   bigint not null default 0,    -- the last entry that retention has deleted
  forgotten_hash bytea not null default ''
);
insert into audit_chain default values;

-- Each statement locks the end of the chain until the transaction ends, so that ids follow the order of
-- commits. It moves the end once, after its last row. A transaction reads past all versions of
-- audit_chain that it has made, so a version for each row would make n rows cost n².
create function chain_audit() returns trigger language plpgsql as $$
declare
  newest audit;
  ending audit_chain;
begin
  select * into ending from audit_chain for update;
  select * into newest from audit where id > ending.last_id order by id desc limit 1;
  if tg_level = 'STATEMENT' then
    if newest.id is null then return null; end if;
    if tg_when = 'BEFORE' then raise exception 'the audit log has entries behind its end'; end if;
    update audit_chain set last_id = newest.id, last_hash = newest.hash;
    return null;
  end if;
  -- Earlier rows of the same statement lie behind the end of the chain. No other row does.
  new.id := coalesce(newest.id, ending.last_id) + 1;
  new.prev_hash := coalesce(newest.hash, ending.last_hash);
  -- selectChained of src/accounts/store-audit.ts computes the same.
  new.hash := sha256(new.prev_hash || convert_to(jsonb_build_array(new.id,
    to_char(new.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), new.actor, new.action, new.subject,
    new.detail)::text, 'UTF8'));
  return new;
end $$;
create trigger chain_audit before insert on audit for each row execute function chain_audit();
create trigger check_audit_chain before insert on audit for each statement execute function chain_audit();
create trigger move_audit_chain after insert on audit for each statement execute function chain_audit();

-- A log that can be rewritten proves nothing. Only retention may shorten it: entries older than 90
-- days, by forget_audit.
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' and old.at < now() - interval '90 days'
    and current_setting('daily_digest.forgets', true) = 'audit' then return old;
  end if;
  raise exception 'the audit log cannot be changed';
end $$;
create trigger audit_is_append_only before update or delete on audit
  for each row execute function audit_is_append_only();

-- Retention: deletes at most `most` entries from the beginning of the log, up to the first that is not
-- older than `before`. Returns their number.
create function forget_audit(before timestamptz, most integer) returns integer language plpgsql as $$
declare
  last audit;
  forgotten integer;
begin
  select o.* into last from (select id, bool_and(at < least(before, now() - interval '90 days'))
      over (order by id) as is_old from (select id, at from audit order by id limit most) oldest) a
    join audit o using (id) where a.is_old order by id desc limit 1;
  if not found then return 0; end if;
  update audit_chain set forgotten_id = last.id, forgotten_hash = last.hash where forgotten_id < last.id;
  perform set_config('daily_digest.forgets', 'audit', true);
  delete from audit where id <= last.id;
  get diagnostics forgotten = row_count;
  perform set_config('daily_digest.forgets', '', true);
  return forgotten;
end $$;

-- No row trigger runs for TRUNCATE.
create function is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the table % is append-only', tg_table_name;
end $$;
create trigger audit_is_never_emptied before truncate on audit
  for each statement execute function is_append_only();
create trigger audit_chain_is_kept before delete or truncate on audit_chain
  for each statement execute function is_append_only();

-- A count of attempts within a time window. The columns are those of rate-limiter-flexible, which
-- counts failed sign-ins here; src/joining counts subscribe requests here. Unlogged: a crash may
-- reset the counts.
create unlogged table rate_limits (
  key            varchar(255) primary key,     -- names the limit, with a hash of the address or the caller
  points         int not null default 0,
  expire         bigint                        -- when the count starts again, in ms since 1970
);


-- src/account-mails: one outbox for mail to accounts -----------------------------------------------

-- Outbox: a mail that asks an account to decide, or tells it that a feed fails. Subjects have no foreign
-- key, because they differ by kind: a mail whose subject is gone is deleted when it falls due.
create table account_mails (
  id             bigint generated always as identity primary key,
  -- review: an issue waits for approval. feed-held: a feed has too many new posts. feed-gone: its server
  -- says so. feed-failing: no poll has succeeded for a day. hold: all sending is held. provider-refuses: nothing
  -- is sent to a mailbox provider. dmarc: mail in a domain's name
  -- fails. webhook-disabled: nothing arrives at its address. password-changed, new-sign-in, second-factor-…, invitation, reset: to the account that it concerns (src/team). The others:
  -- src/deliverability/alarms.ts.
  kind           text not null check (kind in ('review', 'feed-held', 'feed-gone', 'feed-failing', 'hold',
    'provider-refuses', 'many-hard-bounces', 'many-complaints', 'nothing-came-back', 'dmarc', 'webhook-disabled',
    'password-changed', 'new-sign-in', 'second-factor-on', 'second-factor-off', 'invitation', 'reset')),
  -- The id of the issue, feed, webhook or link, a hold's held_at, a provider or a domain; for mails about an account, what
  -- happened (src/team/account-event.ts).
  subject_id     text not null,
  account_id     bigint not null references accounts on delete cascade,
  made_at        timestamptz not null,         -- the same mail is not repeated for a while after this
  due_at         timestamptz not null,         -- when to try next; a claim moves it ahead
  attempts       smallint not null default 0,
  sent_at        timestamptz,                  -- accepted by a relay, or uncertain
  refused_at     timestamptz,                  -- refused, or deferred too often
  reply          text,                         -- the relay's last reply
  -- insertMails: the search for the same mail, and the guarantee that one event makes one mail.
  unique (kind, subject_id, account_id, made_at)
);
-- hasDueMails and claimInboxMail.
create index account_mails_due on account_mails (due_at) where sent_at is null and refused_at is null;


-- src/newsletters: what a newsletter is -----------------------------------------------------------

-- A recurring digest.
create table newsletters (
  id             bigint generated always as identity primary key,
  slug           text not null unique check (slug ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
  name           text not null,
  site_url       text,
  language       text not null default 'en',   -- BCP 47; readers may choose another one
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),

  -- The sender. Without a postal address nothing is sent (CAN-SPAM, 16 CFR 316.4(a)).
  from_name      text not null,
  from_address   text not null,
  reply_to       text,
  postal_address text,

  -- The schedule.
  timezone       text not null default 'UTC',  -- IANA
  -- {frequencies, sendTime, weekdays, weeklyDay, cutoffMinutes, review, fourEyes, minPosts, maxPosts,
  -- lateAfterMinutes, …} (src/newsletters/schedule.ts)
  schedule       jsonb not null,

  -- What a mail contains, and how it looks.
  subject        text not null,                -- a template
  content        text not null default 'excerpt' check (content in ('excerpt', 'full', 'headlines')),
  topics         text[] not null default '{}', -- offered to readers
  -- {order, include, exclude, topicMap}: src/newsletters/selection.ts.
  selection      jsonb not null default '{}',
  -- {opening, closing, sponsor}: the publisher's text in every issue.
  words          jsonb not null default '{}',
  -- {template, brandColour, logo, fonts, width}; absent: the default.
  look           jsonb not null default '{}',
  -- subscribers: an issue opens only with the link in a reader's mail.
  archive        text not null default 'public' check (archive in ('public', 'subscribers', 'none')),
  tracking       text not null default 'off' check (tracking in ('off', 'consent')),

  -- The subscribe form.
  -- False: the publisher keeps the newsletter off the front page and off the pages of other newsletters.
  -- It also stays off while it has no postal address, or neither feed nor post (src/newsletters/store.ts).
  listed         boolean not null default true,
  confirm        text not null default 'double' check (confirm in ('double', 'imported-only')),
  custom_fields  jsonb not null default '[]',  -- [{name, label, type, required, …}], in the form's order
  -- {name, frequency, time, topics, language, headline, introduction, button, thanks}; absent: the default
  -- (src/newsletters/form-settings.ts).
  form           jsonb not null default '{}',
  confirmation_mail jsonb not null default '{}', -- {subject, introduction}: the publisher's own words
  welcome_mail   jsonb not null default '{}',  -- {enabled, subject, text}: after the first confirmation
  -- When browsers must solve a proof of work; null: as the environment variable CHALLENGE says.
  challenge      text check (challenge in ('off', 'auto', 'always')),

  -- The last number given to an eligible post; src/posts moves it. An update of this row takes the
  -- next number and keeps the row locked until the commit. So no post commits later with a lower
  -- number, and a reader's read_through can never skip one.
  seq            bigint not null default 0,
  last_number    int not null default 0,       -- of the last frozen issue; src/issues moves it
  -- The planner has handled all slots up to here; src/issues moves it.
  planned_through timestamptz not null default now()
);

-- Of src/accounts: the newsletters for which an account has its role, unless it has it for all.
create table account_newsletters (
  account_id     bigint not null references accounts on delete cascade,
  newsletter_id  bigint not null references newsletters on delete cascade,
  primary key (account_id, newsletter_id)
);

-- A version of a publisher's MJML. Versions are kept: an issue renders with the version it was
-- frozen with, and a publisher can go back to an old one.
create table mail_templates (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  version        int not null,                 -- counts from 1 within the newsletter
  mjml           text not null,
  note           text,
  created_by     text not null,                -- an actor, as in the audit log
  created_at     timestamptz not null default now(),
  unique (newsletter_id, version)
);


-- src/feeds: where posts come from ----------------------------------------------------------------

-- A feed of a newsletter, with the state of polling it.
create table feeds (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  url            text not null,
  kind           text,                         -- as found at the last poll: rss, atom, rdf, json, wordpress
  title          text,
  created_at     timestamptz not null default now(),  -- reset by a new url: older posts are then 'known'
  disabled_at    timestamptz,

  -- What a person set because no general rule fits the feed.
  identity       text check (identity in ('guid', 'link', 'title')),  -- what alone identifies its posts
  without_cache  boolean not null default false,  -- never send validators
  keep_furniture boolean not null default false,  -- share bars and the like stay in posts.html, never in posts.text
  -- Sealed (src/feeds/request-secrets.ts), and sent to one origin only.
  cookie         bytea,
  header_name    text,
  header_value   bytea,
  secrets_origin text,

  -- Validators for conditional GET. src/lifeline clears them after a restore.
  etag           text,
  last_modified  text,
  document_at    timestamptz,                  -- the last answer with a document, not 304
  -- Since when we know that the server answers 304 although the document changed. We then send no validators.
  validators_failed_at timestamptz,

  -- Polling.
  next_poll_at   timestamptz not null default now(),  -- also the lease of the worker that polls
  last_polled_at timestamptz,
  last_success_at timestamptz,
  last_new_post_at timestamptz,

  -- Health.
  failures       int not null default 0,       -- in a row
  last_error     jsonb,                        -- a message for the publisher
  -- A message for the publisher about something that did not fail.
  remark         jsonb,
  pages_refused_at timestamptz,                -- since when its site shows listed pages to no robot
  gone_at        timestamptz,                  -- the server answered 410, which also set disabled_at
  moved_from     text,                         -- the address before the last permanent redirect (301, 308)
  moved_at       timestamptz,
  unique (newsletter_id, url)
);
-- findDueFeeds: the feeds to poll next.
create index feeds_due on feeds (next_poll_at) where disabled_at is null;

-- A WebSub subscription: the hub that a feed names. Without a lease, the hub has not agreed yet.
create table feed_hubs (
  feed_id        bigint primary key references feeds on delete cascade,
  hub            text not null,
  topic          text not null,                -- the feed's address as the hub knows it
  -- Part of the callback address; the signature secret derives from it.
  token          text not null unique,
  next_ask_at    timestamptz not null,         -- when to request or renew the lease
  asked_at       timestamptz,
  lease_until    timestamptz,
  told_at        timestamptz,                  -- the last notification from the hub
  failures       int not null default 0,       -- in a row
  last_error     text
);
-- findHubsDue: the hubs to ask next.
create index feed_hubs_due on feed_hubs (next_ask_at);


-- src/posts: the ledger of posts ------------------------------------------------------------------

-- An item of a feed, or one pushed through the API.
create table posts (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  feed_id        bigint references feeds on delete set null,  -- null: pushed through the API, or orphaned

  -- As the feed says at present. Issues keep the text of their cut-off (issue_posts).
  guid           text,
  url            text,
  title          text not null,
  html           text not null default '',     -- sanitised before it is stored
  text           text not null default '',
  excerpt        text not null default '',
  author         text,
  image          jsonb,                        -- {url, width, height, alt}
  topics         text[] not null default '{}',
  comment_count  int,
  comments_url   text,                         -- the page with the comments
  published_at   timestamptz,                  -- informative only: seq decides what is new

  -- eligible: goes into the next issue.
  -- held: waits for a decision; held_at says by the anomaly guard, without it by an admin.
  -- excluded: goes into no issue.
  -- known: older than a day when the feed was added, so never news.
  state          text not null check (state in ('eligible', 'held', 'excluded', 'known')),
  seq            bigint,                       -- the order in which posts of the newsletter became eligible
  pinned         boolean not null default false,
  first_seen_at  timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  held_at        timestamptz,                  -- the anomaly guard held it

  -- Retraction: the publisher removed the post.
  unlisted_at    timestamptz,                  -- since when the feed no longer lists it
  link_asked_at  timestamptz,                  -- when we last asked whether its url still answers
  retracted_at   timestamptz,                  -- excluded since then, until the feed lists it again
  -- Its feed was removed; the next feed that lists it adopts it.
  orphaned_at    timestamptz,

  -- Readers advance by seq: an eligible post without one would reach no reader.
  check (seq is not null or state <> 'eligible'),
  unique (newsletter_id, seq)
);
-- findPosts: a page of posts, newest first.
create index posts_by_newsletter on posts (newsletter_id, id desc);
-- findPosts: those in one state.
create index posts_by_state on posts (newsletter_id, state, id desc);
-- findPosts: a part of the title.
create extension if not exists pg_trgm;
create index posts_by_title on posts using gin (lower(title) gin_trgm_ops);
-- customOf, recentPostsAt and findStanding read a feed's latest posts; orphanPosts takes them all.
create index posts_by_feed on posts (feed_id, first_seen_at desc);
-- findHeldByGuard, findHeldTitles, and the count of held posts in each list of feeds.
create index posts_held on posts (feed_id) where state = 'held' and held_at is not null;
-- recentPostsAt: the posts that a new feed may adopt.
create index posts_orphaned on posts (newsletter_id, id desc) where orphaned_at is not null;
-- selectUnknownImages of src/images: the newest posts whose image has no known size.
create index posts_with_unknown_images on posts (id) where image is not null and image -> 'width' is null;

-- An identity under which a post was seen. The primary key is what makes a post reach a reader
-- once.
create table post_identities (
  newsletter_id  bigint not null references newsletters on delete cascade,
  -- 'guid:…', 'url:…', 'print:…' and so on (src/posts/identity/identity.ts).
  identity       text not null,
  post_id        bigint not null references posts on delete cascade,
  primary key (newsletter_id, identity)
);
-- addIdentities counts the identities of a post; deleting posts cascades here.
create index post_identities_by_post on post_identities (post_id);

-- An edit of a post that is news. issue_posts tells which issues carried the earlier version.
create table post_edits (
  post_id        bigint not null references posts on delete cascade,
  at             timestamptz not null,
  changed        text[] not null,              -- 'title', 'text', 'url', 'image'
  title          text not null,                -- before the edit
  primary key (post_id, at)
);


-- src/images: sizes of images, and the addresses behind /images/… ---------------------------------

-- An image address. It is measured once, however many posts show it.
create table images (
  id             bigint generated always as identity primary key,
  url_hash       bytea not null unique,        -- SHA-256 of url: an address can be too long for an index
  url            text not null,
  width          int,                          -- pixels; null: not measured, or not an image
  height         int,
  -- Counted before each try, so that a fatal image is not tried forever.
  tries          smallint not null default 0,
  measured_at    timestamptz,
  created_at     timestamptz not null default now()
);
-- claimUnmeasured.
create index images_unmeasured on images (id) where measured_at is null;


-- src/subscribers: readers, their subscriptions, and who must not be mailed -----------------------

-- The mailbox that an address delivers to: ada+a@ and ada+b@ share one everywhere, a.da@ and ada@
-- do at Google. Each address stays a subscriber of its own. Limits on confirmation mail count by
-- mailbox.
create function mailbox_of(address_key text) returns text language sql immutable parallel safe
  return case when address_key like '%@gmail.com' or address_key like '%@googlemail.com'
    then replace(regexp_replace(split_part(address_key, '@', 1), '(.)\+.*$', '\1'), '.', '') || '@gmail.com'
    -- The test for '+' comes first because most addresses have none, and the expression is slow.
    when address_key like '%+%' then regexp_replace(address_key, '(.)\+.*@', '\1@')
    else address_key end;

-- A person's address.
create table subscribers (
  id             bigint generated always as identity primary key,
  address        text not null,                -- for mailing: the domain in lower case and A-labels
  address_key    text not null unique,         -- the address in lower case: one row for each person
  address_hash   bytea not null,               -- HMAC of address_key; suppressions keep it after an erasure
  domain         text not null,                -- of the address, to group deliveries by provider
  name           text,
  language       text,                         -- BCP 47; null: the newsletter's
  created_at     timestamptz not null default now(),
  told_at        timestamptz,                  -- the last mail that said "you are subscribed already"
  -- Upkeep found no subscription of this person: the newsletter was deleted, or the API made none.
  -- Upkeep deletes the row some time later.
  alone_since    timestamptz
);
-- Joins from suppressions: the fan-out, and the list of suppressions.
create index subscribers_by_hash on subscribers (address_hash);
-- searchIds: a part of an address or name. Trigrams find it without reading every reader.
create index subscribers_by_part on subscribers using gin (lower(address || ' ' || coalesce(name, '')) gin_trgm_ops);
-- `sharing`: other addresses of a mailbox. It covers only addresses that can differ from their
-- mailbox, so large imports do not pay for it; address_key finds the rest. The statement must
-- repeat this condition.
create index subscribers_by_mailbox on subscribers (mailbox_of(address_key))
  where address_key like '%+%' or address_key like '%.%@gmail.com' or address_key like '%@googlemail.com';
-- The fan-out: the few readers who chose a language. It needs nothing but the id, so no row is
-- read.
create index subscribers_speaking on subscribers (split_part(language, '-', 1)) include (id)
  where language is not null;
-- forgetAlone: the longest alone first.
create index subscribers_alone on subscribers (alone_since) where alone_since is not null;

-- A distinct reading time of a newsletter. The planner looks at some hundred of these instead of at
-- every subscription.
create table reading_times (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  frequency      text not null check (frequency in ('daily', 'weekly')),
  send_time      text not null,                -- 'HH:MM', wall clock in timezone
  weekday        int check (weekday between 1 and 7),  -- weekly only; ISO: Monday is 1
  timezone       text not null,                -- IANA
  unique nulls not distinct (newsletter_id, frequency, send_time, weekday, timezone)
);

-- A subscriber's place on one newsletter: status and preferences.
--
-- Pending means: never confirmed, or asked again after having left (src/subscribers/status.ts).
-- Indexes repeat that condition as `case when unsubscribed_at is null …`; queries must use the same
-- words (`pending` of the store), or PostgreSQL does not use the index.
create table subscriptions (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  subscriber_id  bigint not null references subscribers on delete cascade,
  via            text,                         -- how the reader last came: as consents.via; null: unknown

  -- The status derives from these.
  requested_at   timestamptz not null default now(),
  confirmed_at   timestamptz,
  unsubscribed_at timestamptz,
  expired_at     timestamptz,                  -- never confirmed in time
  -- An active reader whose address is suppressed because of a bounce asked again then, and has not
  -- confirmed since. The row stays active, because a stranger may have asked.
  asked_again_at timestamptz,

  -- What the reader chose.
  paused_until   timestamptz,
  reading_time_id bigint references reading_times,  -- null: the newsletter's schedule
  -- Set when the reading time changes: no scheduled issue with an earlier slot. A reader who moves
  -- the hour thus gets one digest a day all the same. "Send now" ignores it.
  not_before     timestamptz,
  topics         text[],                       -- null: all
  custom_fields  jsonb not null default '{}',  -- {name: text, number or boolean}; unanswered: no key
  plain_text     boolean not null default false,  -- mail as text/plain only
  -- When the reader agreed that we count clicks; null: no agreement.
  tracking_agreed_at timestamptz,

  -- What the reader was offered. src/issues moves these at the fan-out, src/delivery when posts are
  -- given back, src/lifeline after a restore, and src/subscribers, src/joining and src/imports
  -- where a reader starts.
  read_through   bigint not null default 0,    -- the last seq that the reader was offered
  -- Seqs beyond read_through that the reader was offered too.
  read_ahead     bigint[] not null default '{}',

  -- Outbox of the confirmation mail: unsent while confirmation_sent_at is null. A claim and a
  -- deferral by the relay move confirmation_due_at ahead.
  confirmation_due_at timestamptz not null default now(),
  confirmation_attempts smallint not null default 0,
  confirmation_sent_at timestamptz,
  confirmation_refused_at timestamptz,         -- the relay refused; a new request clears it
  confirmation_reply text,                     -- the relay's last reply that was not an acceptance
  confirm_token_hash bytea unique,             -- SHA-256 of the single-use token in the mail
  confirm_token_expires_at timestamptz,
  -- The subscription that was requested together with this one. It carries the mail and the token
  -- for both. It matters only while this one is pending.
  confirm_with   bigint references subscriptions on delete set null,

  -- Outbox of the reminder. It has its own token, so the link of the first mail keeps working.
  reminder_due_at timestamptz,                 -- null: no reminder to send
  -- Written before the hand-over: a reminder is never sent twice.
  reminded_at    timestamptz,
  reminder_token_hash bytea,
  reminder_token_expires_at timestamptz,

  -- Outbox of the mail "you are subscribed already", after an active reader asked again.
  told_due_at    timestamptz,

  -- Outbox of the welcome mail.
  welcome_due_at timestamptz,
  -- Written before the hand-over: a welcome is never sent twice.
  welcomed_at    timestamptz,

  -- Retention has removed the origins (IP address, user agent) of consents before this.
  origins_forgotten_to timestamptz,
  unique (newsletter_id, subscriber_id)
)
-- The fan-out updates read_through of every reader. With free space on its page, the new version of
-- a row needs no new index entries (heap-only tuple).
with (fillfactor = 50);
-- countActive, hasNews, findOfferedToAll and the fan-out: the active readers of a newsletter.
create index subscriptions_active on subscriptions (newsletter_id, subscriber_id)
  where confirmed_at is not null and unsubscribed_at is null;
-- selectSubscribers: a page of those with one status. Their conditions are those of isInStatus.
create index subscriptions_pending_readers on subscriptions (newsletter_id, subscriber_id)
  where expired_at is null
    and case when unsubscribed_at is null then confirmed_at is null else requested_at > unsubscribed_at end;
create index subscriptions_unsubscribed_readers on subscriptions (newsletter_id, subscriber_id)
  where unsubscribed_at is not null and (expired_at is not null or requested_at <= unsubscribed_at);
create index subscriptions_expired_readers on subscriptions (newsletter_id, subscriber_id)
  where expired_at is not null and confirmed_at is null and unsubscribed_at is null;
-- findReaders: those who chose a topic. Readers of all topics are not in it.
create index subscriptions_by_topic on subscriptions using gin (topics) where topics is not null;
-- Everything about one person; deleting subscribers cascades here.
create index subscriptions_by_subscriber on subscriptions (subscriber_id);
-- selectReadingTimes: the times that active readers have.
create index subscriptions_by_reading_time on subscriptions (reading_time_id)
  where reading_time_id is not null and confirmed_at is not null and unsubscribed_at is null;
-- unsentConfirmations: the outbox.
create index subscriptions_unsent on subscriptions (confirmation_due_at)
  where confirmation_sent_at is null and confirmation_refused_at is null and expired_at is null
    and case when unsubscribed_at is null then confirmed_at is null else requested_at > unsubscribed_at end;
-- unsentConfirmations and expirePending: readers of suppressed addresses who asked again.
create index subscriptions_asked_again on subscriptions (asked_again_at) where asked_again_at is not null;
-- expirePending: the oldest requests.
create index subscriptions_pending on subscriptions (requested_at)
  where expired_at is null
    and case when unsubscribed_at is null then confirmed_at is null else requested_at > unsubscribed_at end;
-- Confirming and mailing what was requested together; deleting the first of them sets confirm_with
-- to null.
create index subscriptions_confirmed_together on subscriptions (confirm_with) where confirm_with is not null;
-- dueNotices: reminders.
create index subscriptions_to_remind on subscriptions (reminder_due_at) where reminder_due_at is not null;
-- subscriptionsByToken and confirmPending: the link of a reminder. Unique as a token must name one
-- subscription.
create unique index subscriptions_reminders on subscriptions (reminder_token_hash)
  where reminder_token_hash is not null;
-- dueNotices: mails to active readers.
create index subscriptions_to_tell on subscriptions (told_due_at) where told_due_at is not null;
-- dueNotices: welcome mails.
create index subscriptions_to_welcome on subscriptions (welcome_due_at) where welcome_due_at is not null;
-- Retention: forgetUnconfirmed, forgetLeft, forgetOrigins.
create index subscriptions_expired on subscriptions (expired_at) where expired_at is not null;
create index subscriptions_left on subscriptions (unsubscribed_at) where unsubscribed_at is not null;
create index subscriptions_ended_with_origins on subscriptions ((greatest(unsubscribed_at, expired_at)))
  where (unsubscribed_at is not null or expired_at is not null)
    and (origins_forgotten_to is null or origins_forgotten_to < greatest(unsubscribed_at, expired_at));

-- How many subscriptions of a newsletter have each status, without regard to suppressions. Triggers
-- append each change, so that two transactions never wait for one row. The sum of the changes is the
-- number; upkeep adds them up.
create table reader_counts (
  newsletter_id  bigint not null references newsletters on delete cascade,
  status         text not null check (status in ('pending', 'active', 'unsubscribed', 'expired')),
  change         bigint not null
);
-- selectReaderCounts, sumCounts, and the cascade from newsletters.
create index reader_counts_by_newsletter on reader_counts (newsletter_id, status);

-- The rule of src/subscribers/status.ts, without suppressions.
create function status_of(requested_at timestamptz, confirmed_at timestamptz, unsubscribed_at timestamptz,
  expired_at timestamptz) returns text language sql immutable parallel safe
  return case
    when unsubscribed_at is not null then
      case when requested_at > unsubscribed_at and expired_at is null then 'pending' else 'unsubscribed' end
    when confirmed_at is not null then 'active'
    when expired_at is null then 'pending' else 'expired' end;

create function count_added_readers() returns trigger language plpgsql as $$
begin
  insert into reader_counts (newsletter_id, status, change)
    select a.newsletter_id, status_of(a.requested_at, a.confirmed_at, a.unsubscribed_at, a.expired_at), count(*)
    from added a group by 1, 2;
  return null;
end $$;
create trigger count_added_readers after insert on subscriptions
  referencing new table as added for each statement execute function count_added_readers();

-- The deletion of a newsletter deletes its subscriptions and its counts: nothing is left to count.
create function count_removed_readers() returns trigger language plpgsql as $$
begin
  insert into reader_counts (newsletter_id, status, change)
    select r.newsletter_id, status_of(r.requested_at, r.confirmed_at, r.unsubscribed_at, r.expired_at), -count(*)
    from removed r where exists (select from newsletters n where n.id = r.newsletter_id) group by 1, 2;
  return null;
end $$;
create trigger count_removed_readers after delete on subscriptions
  referencing old table as removed for each statement execute function count_removed_readers();

-- For each row, and only if its status may differ: the fan-out updates a million rows, and changes none.
create function count_changed_reader() returns trigger language plpgsql as $$
declare
  before text := status_of(old.requested_at, old.confirmed_at, old.unsubscribed_at, old.expired_at);
  after text := status_of(new.requested_at, new.confirmed_at, new.unsubscribed_at, new.expired_at);
begin
  if before <> after or old.newsletter_id <> new.newsletter_id then
    insert into reader_counts (newsletter_id, status, change)
      values (old.newsletter_id, before, -1), (new.newsletter_id, after, 1);
  end if;
  return null;
end $$;
create trigger count_changed_reader after update on subscriptions for each row
  when (old.confirmed_at is distinct from new.confirmed_at or old.unsubscribed_at is distinct from new.unsubscribed_at
    or old.expired_at is distinct from new.expired_at or old.requested_at is distinct from new.requested_at
    or old.newsletter_id <> new.newsletter_id)
  execute function count_changed_reader();

-- A statement or act of a reader: when, from where, in which words. Append-only. It is the evidence
-- for mailing somebody (GDPR article 7(1)), so it keeps its origin until some time after the
-- subscription ended.
create table consents (
  id             bigint generated always as identity primary key,
  subscription_id bigint not null references subscriptions on delete cascade,
  -- reminded: we reminded the reader of a request.
  -- asked-again: an active reader asked again; recorded when a mail says so, at most once a day.
  -- complained: the reader's provider reports a complaint about our mail.
  event          text not null check (event in
    ('requested', 'reminded', 'confirmed', 'imported', 'added', 'changed', 'unsubscribed', 'asked-again',
     'complained')),
  at             timestamptz not null default now(),
  via            text not null,                -- form, api, import, one-click, page, console, mail
  wording        text,                         -- the words that the reader agreed to
  language       text,
  ip             inet,
  user_agent     text,
  detail         jsonb
);
-- consentsOf, and counts of a person's requests.
create index consents_by_subscription on consents (subscription_id);

-- Evidence must not change. Retention may remove where a consent came from; everything else must
-- stay equal.
create function consents_are_append_only() returns trigger language plpgsql as $$
begin
  if new.ip is null and new.user_agent is null
    and new.detail is not distinct from old.detail - '{requestedIp,confirmedIp}'::text[]
    and to_jsonb(new) - '{ip,user_agent,detail}'::text[] = to_jsonb(old) - '{ip,user_agent,detail}'::text[]
    then return new;
  end if;
  raise exception 'consents are append-only';
end $$;
create trigger consents_are_append_only before update on consents
  for each row execute function consents_are_append_only();

-- A consent goes with its subscription, when the reader is erased, and not before.
create function consents_stay() returns trigger language plpgsql as $$
begin
  if exists (select from subscriptions where id = old.subscription_id) then
    raise exception 'consents are append-only';
  end if;
  return old;
end $$;
create trigger consents_stay before delete on consents for each row execute function consents_stay();
create trigger consents_are_never_emptied before truncate on consents
  for each statement execute function is_append_only();

-- An address that must not be mailed. It is stored as a hash, so it survives the erasure of the
-- person.
create table suppressions (
  address_hash   bytea primary key,            -- as subscribers.address_hash
  reason         text not null,                -- manual, bounce, complaint, erasure, imported
  detail         text,
  created_at     timestamptz not null default now(),
  -- The import that made the row, as long as nothing else asked for it too. Only then may its undo
  -- delete the row. No foreign key: the suppression outlives the import.
  import_id      bigint
);
-- findReaders: the addresses that bounced, or whose readers complained. selectLatestSuppressions: the newest
-- with one reason, and of all.
create index suppressions_by_reason on suppressions (reason, created_at, address_hash);
create index suppressions_by_time on suppressions (created_at, address_hash);


-- src/joining: what keeps abuse away from the subscribe form --------------------------------------

-- A proof of work that was solved and used. Each is good for one request. Rows are kept until they
-- expire.
create table used_challenges (
  id             bytea primary key,            -- the challenge's nonce
  expires_at     timestamptz not null
);

-- A rule about the domains whose addresses may subscribe.
create table domain_rules (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint references newsletters on delete cascade,  -- null: every newsletter
  domain         text not null,                -- lower case, A-labels; subdomains are included
  rule           text not null check (rule in ('allow', 'block')),
  created_at     timestamptz not null default now(),
  unique nulls not distinct (domain, newsletter_id)
);
-- Listing the rules of a newsletter; deleting newsletters cascades here.
create index domain_rules_of_newsletters on domain_rules (newsletter_id);
-- rulesFor: whether a newsletter has any allow rule, which makes one mandatory.
create index domain_rules_that_allow on domain_rules (newsletter_id) where rule = 'allow';


-- src/preferences: leaving, another address, and merged subscriptions -----------------------------

-- A reader's answer to "why do you leave?": one for each time of leaving.
create table leavings (
  id             bigint generated always as identity unique,  -- for paging
  subscription_id bigint not null references subscriptions on delete cascade,
  newsletter_id  bigint not null references newsletters on delete cascade,
  unsubscribed_at timestamptz not null,        -- names the occasion: a reader may leave several times
  reason         text not null,
  comment        text,                         -- retention removes it
  at             timestamptz not null default now(),
  primary key (subscription_id, unsubscribed_at)
);
-- selectLeavings: the answers about a newsletter, newest first, in pages; deleting newsletters cascades here.
create index leavings_by_newsletter on leavings (newsletter_id, id desc);
-- selectComments: few readers write one.
create index leavings_with_comments on leavings (newsletter_id, unsubscribed_at desc) where comment is not null;

-- A reader's request to be mailed at another address. Both addresses must agree, each by a link of
-- its own. It is also the outbox of the two mails.
create table address_changes (
  id             bigint generated always as identity primary key,
  subscriber_id  bigint not null references subscribers on delete cascade,
  -- The subscription whose page was used: its newsletter is the sender of both mails.
  subscription_id bigint not null references subscriptions on delete cascade,

  -- The new address, in the four forms of subscribers.
  address        text not null,
  address_key    text not null,
  address_hash   bytea not null,
  domain         text not null,
  -- False: the new address must not be mailed. The row exists all the same, so that the page's
  -- answer reveals nothing about that address.
  mails_new      boolean not null,

  requested_at   timestamptz not null,
  expires_at     timestamptz not null,
  due_at         timestamptz not null,
  attempts       smallint not null default 0,
  old_sent_at    timestamptz,
  new_sent_at    timestamptz,
  old_token_hash bytea unique,                 -- SHA-256 of 128 random bits
  new_token_hash bytea unique,
  old_agreed_at  timestamptz,
  new_agreed_at  timestamptz,
  done_at        timestamptz,
  withdrawn_at   timestamptz
);
-- openAddressChange and addressChangesOf; deleting subscribers cascades here.
create index address_changes_by_subscriber on address_changes (subscriber_id);
-- Requests for the same new address.
create index address_changes_by_key on address_changes (address_key);
-- unsentAddressChanges: the outbox.
create index address_changes_open on address_changes (due_at) where done_at is null and withdrawn_at is null;

-- A subscription that became part of another one when two addresses became one person. Links in
-- mails that were sent for the old one lead to the other.
create table merged_subscriptions (
  id             bigint primary key,           -- the subscription that is gone, as old links name it
  subscription_id bigint not null references subscriptions on delete cascade
);
-- foldInto redirects earlier merges; deleting subscriptions cascades here.
create index merged_subscriptions_by_subscription on merged_subscriptions (subscription_id);


-- src/imports: lists of readers from files --------------------------------------------------------

-- An import of a file of subscribers, with its progress and its undo.
create table imports (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  basis          text not null,                -- the legal basis that the admin stated
  dry_run        boolean not null default false,
  -- receiving: the body is still arriving. No worker touches the row, no client knows its id, and
  -- upkeep deletes it when the body stops growing.
  state          text not null default 'queued'
    check (state in ('receiving', 'queued', 'running', 'finished', 'failed')),
  failure        text,
  created_at     timestamptz not null default now(),
  -- The last lot written; older than a minute: the worker is gone.
  progress_at    timestamptz,
  finished_at    timestamptz,

  -- A finished dry run keeps its body for the import itself until this time. Null: the body is gone.
  file_kept_until timestamptz,
  imported_as    bigint,                       -- the import that took over the body of this dry run

  -- What the file turned out to be.
  content_type   text not null,
  format         text,                         -- csv, ndjson
  source         text,                         -- the service that exported it (src/imports); null: unknown
  -- As it arrived; UTF-16 is stored as UTF-8, everything else unchanged.
  encoding       text,
  layout         jsonb,                        -- {separator, columns, …}: how a worker reads the file
  bytes          bigint not null default 0,    -- of the stored body
  -- Of the body, for a progress bar; a row over several lines counts once.
  lines          int not null default 0,

  -- The next row: where it begins in the stored body, and its line in the file.
  next_byte      bigint not null default 0,
  next_line      int not null default 1,

  -- Counts so far, in rows.
  rows           int not null default 0,
  created        int not null default 0,
  updated        int not null default 0,
  skipped        int not null default 0,       -- changed nothing; includes invalid
  invalid        int not null default 0,
  outcomes       jsonb not null default '{}',  -- {outcome: rows}
  statuses       jsonb not null default '{}',  -- {status: rows}, of the created and updated
  to_confirm     int not null default 0,       -- of the created, readers who must confirm by mail

  -- The undo works from the last row to the first. It needs import_rows: after retention has
  -- deleted them (rows_forgotten_at), no undo is possible.
  rows_forgotten_at timestamptz,
  undo_requested_at timestamptz,
  undo_from      int,                          -- rows from this line on are undone; null: not begun
  -- {removed, restored, kept, ended, suppressionsLifted, suppressionsKept}
  undone         jsonb not null default '{}',
  undone_at      timestamptz
);
-- importsOf: the imports of a newsletter, newest first, in pages; deleting newsletters cascades here.
create index imports_by_newsletter on imports (newsletter_id, id desc);

-- forgetKeptFiles, and erasing a reader.
create index imports_with_file on imports (file_kept_until) where file_kept_until is not null;

-- A piece of an import's body. Any worker can read from any position. The pieces hold addresses, so
-- they are deleted when the import ends; those of a dry run a day later, or when a reader is erased.
create table import_chunks (
  import_id      bigint not null references imports on delete cascade,
  number         int not null,                 -- counts from 0
  begins_at      bigint not null,              -- byte in the stored body
  bytes          bytea not null,
  primary key (import_id, number)
);
-- Not compressed: compressing takes longer than writing, and the rows are deleted soon.
alter table import_chunks alter bytes set storage external;

-- The outcome of one row of the file: for the report, the dry run and the undo.
create table import_rows (
  import_id      bigint not null,              -- no foreign key: delete_rows_of_imports replaces it
  line           int not null,
  outcome        text not null,                -- src/imports lists the outcomes
  status         text,                         -- as the file says; null: the row is invalid
  -- No foreign keys here either; eraseRows clears both.
  subscriber_id  bigint,
  subscription_id bigint,
  -- What this row created, and so what an undo may delete.
  made_subscription boolean not null default false,
  made_subscriber boolean not null default false,
  made_suppression boolean not null default false,
  before         jsonb,                        -- the values that this row changed
  email          text,                         -- only while no subscriber_id stands for it
  reasons        jsonb,                        -- messages: why it is invalid, or what was left out
  primary key (import_id, line)
);
-- The undo, lots that meet a reader again, and eraseRows.
create index import_rows_by_subscriber on import_rows (subscriber_id, import_id)
  where subscriber_id is not null;
create index import_rows_by_email on import_rows (email, import_id) where email is not null;
-- The report of errors, and eraseRows, without reading a million valid rows.
create index import_rows_invalid on import_rows (import_id, line) where outcome = 'invalid';

-- A foreign key would look up its import for each of a million inserted rows. This trigger does the
-- cascade instead.
create function delete_rows_of_imports() returns trigger language plpgsql as
  $$ begin delete from import_rows x using gone where x.import_id = gone.id; return null; end $$;
create trigger delete_rows_of_imports after delete on imports
  referencing old table as gone for each statement execute function delete_rows_of_imports();


-- src/issues: one newsletter at one slot ----------------------------------------------------------

-- An issue. src/delivery writes its progress (finished_at, cancelled_at, batches, retry_until) and
-- retention marks.
create table issues (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  number         int,                          -- counts within the newsletter; given at the freeze
  kind           text not null check (kind in ('scheduled', 'manual')),
  slot           timestamptz not null,         -- when it is due
  created_at     timestamptz not null default now(),

  -- The readers: those with the newsletter's schedule, and those with these reading times. A manual
  -- issue is for all.
  due_default    boolean not null default true,
  due_reading_times bigint[] not null default '{}',

  -- The posts: chosen by hand (POST …/issues {postIds}), or, with null, everything unread up to
  -- seq_through.
  post_ids       bigint[],
  seq_through    bigint,                       -- the newsletter's seq at the cut-off

  -- The contents. subject is the rendered one; null before the freeze.
  subject        text,
  own_subject    text,                         -- a subject template for this issue alone
  -- Overrides newsletters.words; a null value: none in this issue.
  own_words      jsonb not null default '{}',
  look           jsonb,                        -- the look at the freeze: later variants use it too

  -- Review: an editor decides before the fan-out.
  review         text not null check (review in ('auto', 'hold')),
  review_until   timestamptz,                  -- the time to decide; after it review_timeout applies
  review_timeout text not null default 'wait' check (review_timeout in ('wait', 'release', 'skip')),
  -- Who edited it last, as the audit log names actors: 'account:1'; null: nobody. Four eyes: not who approves.
  edited_by      text,
  edits          int not null default 0,       -- how often: an editor's form says which state it was made from
  -- No fan-out before this, so that an approval can be taken back.
  retract_until  timestamptz,

  -- The status derives from these (src/issues/status.ts).
  frozen_at      timestamptz,
  approved_at    timestamptz,
  fanned_out_at  timestamptz,
  paused_at      timestamptz,
  paused_by      text check (paused_by in ('admin', 'guard', 'hold')),
  pause_reason   text,                         -- an admin's words, the hold's reason, the last refusal, or the domain
  -- What the bounce guard found: its kind, and guard_bad of the last guard_ends deliveries.
  guard_kind     text check (guard_kind in ('everything-is-refused', 'hard-bounces', 'complaints',
    'hard-bounces-of-week', 'complaints-of-week', 'not-authenticated')),
  guard_bad      int,
  guard_ends     int,
  resumed_at     timestamptz,                  -- the bounce guard counts from here
  finished_at    timestamptz,
  cancelled_at   timestamptz,
  skipped_at     timestamptz,
  skip_reason    text,

  -- The fan-out: candidates = deliveries + excluded.
  candidates     int,
  -- {nothingNew, paused, suppressed, timeChanged}: readers by reason.
  excluded       jsonb not null default '{}',
  batches        int not null default 0,       -- the highest batch number in use
  retry_until    timestamptz,                  -- deferred deliveries are given up then

  -- When retention deleted the relays' replies of this issue, and when its deliveries.
  replies_forgotten_at timestamptz,
  deliveries_forgotten_at timestamptz,
  check ((paused_at is null) = (paused_by is null)),
  check ((guard_kind is not null) = (paused_by is not distinct from 'guard')),
  unique (newsletter_id, number)
);
-- Two planners, or a replay, make one issue of a slot (insertScheduledIssue).
create unique index issues_one_per_slot on issues (newsletter_id, slot) where kind = 'scheduled';
-- selectUnassembled, selectUnderWay and other sweeps over issues in progress.
create index issues_unfinished on issues (id)
  where finished_at is null and cancelled_at is null and skipped_at is null;
-- selectIssues: a page of issues, newest first.
create index issues_by_newsletter on issues (newsletter_id, id desc);
-- The statistics of a newsletter: the issues of a period.
create index issues_by_start on issues (newsletter_id, fanned_out_at) where fanned_out_at is not null;

-- A post as it was at the cut-off. Later edits on the site do not change what was mailed.
create table issue_posts (
  issue_id       bigint not null references issues on delete cascade,
  post_id        bigint not null references posts on delete cascade,
  position       int not null,                 -- in the issue, from 1
  seq            bigint not null,
  post           jsonb not null,
  primary key (issue_id, post_id)
);

-- A post that was available at the cut-off and is not in the issue.
create table issue_omissions (
  issue_id       bigint not null references issues on delete cascade,
  post_id        bigint not null references posts on delete cascade,
  -- topic: left out by the newsletter's selection. dropped, later: by an editor, for good or for
  -- the next issue.
  reason         text not null check (reason in ('topic', 'dropped', 'later')),
  position       int not null,
  seq            bigint not null,
  post           jsonb not null,               -- as at the cut-off
  at             timestamptz not null default now(),
  primary key (issue_id, post_id)
);

-- An editor's draft of a newsletter's next issue. The freeze takes it.
create table issue_drafts (
  newsletter_id  bigint primary key references newsletters on delete cascade,
  version        int not null default 1,       -- counts the changes: a form made from an older one is stale
  own_subject    text,                         -- as in issues
  own_words      jsonb not null default '{}',
  held           boolean not null default false, -- this issue waits for an approval, whatever the schedule says
  edited_by      bigint references accounts on delete set null,
  edited_at      timestamptz not null
);

create table draft_posts (
  newsletter_id  bigint not null references issue_drafts on delete cascade,
  post_id        bigint not null references posts on delete cascade,
  position       int not null,
  fate           text not null check (fate in ('keep', 'later', 'drop')),
  title          text,                         -- null: as the post has it
  excerpt        text,
  taken_at       timestamptz,                  -- an issue has the post; issues for other hours may follow
  primary key (newsletter_id, post_id)
);

-- A rendered form of an issue. Readers with the same list of posts and the same language share it.
create table variants (
  id             bigint generated always as identity primary key,
  issue_id       bigint not null references issues on delete cascade,
  key            text not null,                -- of the posts and the language
  language       text not null,
  post_ids       bigint[] not null,
  more           int not null default 0,       -- posts beyond maxPosts: "N more on the web"
  subject        text not null,
  preheader      text not null,
  html           text not null,
  text           text not null,
  bytes          int,                          -- of the HTML in its transfer encoding
  dropped        jsonb,                        -- what the size budget removed
  unique (issue_id, key)
);

-- What the links of an issue in review answered when they were last followed.
create table link_reports (
  issue_id       bigint primary key references issues on delete cascade,
  checked_at     timestamptz not null,
  links          int not null,
  unclear        int not null,                 -- sites that reject programs: their links may work
  silent         jsonb not null                -- [{url, reason}]
);


-- src/lifeline: was the database restored to an earlier state? -------------------------------------

-- The one row that counts the database's beats. Witnesses outside the database keep the last beat
-- they saw. If a witness has seen a higher one, the database was restored, and all sending is held.
create table lifeline (
  one            boolean primary key default true check (one),  -- allows one row only
  -- Given at the first beat, so that copies of an empty database differ.
  database_id    uuid,
  beat           bigint not null default 0,
  beat_at        timestamptz,
  place          text,                         -- the server, the database in it, and its timeline

  -- The hold.
  held_at        timestamptz,                  -- no mail is sent since then
  hold_reason    text,
  lost_from      timestamptz,                  -- the last beat that the database remembers
  lost_until     timestamptz                   -- the last beat that a witness remembers; null: no witness
);
insert into lifeline default values;


-- src/delivery: the ledger, and the pace of sending -----------------------------------------------

-- A process that delivers. Recovery decides about its claimed deliveries by its signs of life.
create table delivery_workers (
  id             bigint generated always as identity primary key,
  -- Chosen by the parent process, which reports the death by it: two containers may share a host name and a
  -- pid. It names the process's journal in DATA_DIR, too.
  instance       uuid not null unique default gen_random_uuid(),
  host           text not null,
  pid            int not null,
  -- The boot and the namespace in which the pid is valid.
  pid_space      text not null default '',
  started_at     timestamptz not null default now(),  -- since when signs of life came without a gap
  seen_at        timestamptz not null default now(),  -- the last sign of life
  ended_at       timestamptz,
  -- {"host:port": "closed" | "open" | "half-open"}, one for each relay.
  circuits       jsonb not null default '{}',
  -- What holds each relay up: {"host:port": {"share": 5, "used": 4, "asked": "421 …", "trouble": "553 …"}}.
  conditions     jsonb not null default '{}',
  clock_ahead    float8                        -- seconds: the host's clock less the database's; null: unknown
);

-- The ledger: one issue for one subscriber, the only record of whether they were mailed. The
-- fan-out of src/issues inserts the rows.
create table deliveries (
  issue_id       bigint not null,              -- no foreign key: delete_deliveries_of_issues replaces it
  -- No foreign key: after an erasure the number stays, and the sums of the issue remain true.
  subscriber_id  bigint not null,
  subscription_id bigint not null,
  variant_id     bigint not null,
  batch          int not null,                 -- the queue job that works through it
  state          text not null default 'queued' check (state in ('queued', 'sending', 'accepted',
    'deferred', 'refused', 'uncertain', 'bounced', 'complained', 'excluded')),
  attempts       smallint not null default 0,
  worker_id      bigint,                       -- while sending
  due_at         timestamptz,                  -- deferred: when to try again
  first_try_at   timestamptz,
  changed_at     timestamptz,
  reply_code     smallint,
  reply          text,                         -- the relay's last reply
  relay_id       text,                         -- the relay's id of the message, if it reports by webhook
  -- excluded: unsubscribed, suppressed, … refused: hard, full, policy, permanent, expired, …
  reason         text,

  -- The reader's read_through and read_ahead before the fan-out: giving posts back restores them.
  read_from      bigint not null,
  read_ahead     bigint[],
  returned_at    timestamptz,                  -- the posts were given back, for the reader's next issue
  primary key (issue_id, subscriber_id)
  -- No index on subscriber_id: a fan-out would enter a million rows, and each message updates it
  -- twice more. Queries for one subscriber ask each issue by the primary key, which takes some
  -- microseconds for each issue.
);
-- Claiming a batch, and selectOpenBatches.
create index deliveries_waiting on deliveries (issue_id, batch) where state = 'queued';
-- abandonDeadWorkers and forgetWorkers: what a dead worker holds.
create index deliveries_sending on deliveries (issue_id, worker_id) where state = 'sending';
-- selectDeliveries: a page of those in one state. Most deliveries are never in it.
create index deliveries_troubled on deliveries (issue_id, state, subscriber_id)
  where state not in ('queued', 'sending', 'accepted');
-- requeueDue: deferrals that are due.
create index deliveries_deferred on deliveries (issue_id, due_at) where state = 'deferred';
-- findByRelayId: what a webhook reports about. Empty for relays without webhooks.
create index deliveries_by_relay_id on deliveries (relay_id) where relay_id is not null;
-- countBad: the bounce guard's numerator, which is rare. Without it the guard would read every
-- delivery.
create index deliveries_bad on deliveries (issue_id, changed_at)
  where state in ('bounced', 'complained') or (state = 'refused' and reason <> 'expired');
-- hasExpired and giveBack: readers whose relay put them off until it was too late.
create index deliveries_expired on deliveries (issue_id)
  where state = 'refused' and reason = 'expired' and returned_at is null;

-- A foreign key would look up the issue for each of a million inserted rows. This trigger does the
-- cascade instead.
create function delete_deliveries_of_issues() returns trigger language plpgsql as
  $$ begin delete from deliveries d using gone where d.issue_id = gone.id; return null; end $$;
create trigger delete_deliveries_of_issues after delete on issues
  referencing old table as gone for each statement execute function delete_deliveries_of_issues();

-- A try that did not end in acceptance. An acceptance is in the delivery itself.
create table attempts (
  issue_id       bigint not null,
  subscriber_id  bigint not null,
  attempt        smallint not null,            -- deliveries.attempts at that time
  at             timestamptz not null default now(),
  relay          text not null,                -- host:port; '' if a worker died or failed
  outcome        text not null,                -- the state that the delivery took
  stage          text not null,                -- how far the SMTP conversation came
  reply_code     smallint,
  reply          text,
  primary key (issue_id, subscriber_id, attempt),
  foreign key (issue_id, subscriber_id) references deliveries on delete cascade
);

-- What an admin decided about all deliveries of an issue with the same problem, and how far it is done.
create table problem_acts (
  id             bigint generated always as identity primary key,
  issue_id       bigint not null references issues on delete cascade,
  problem        text not null,                -- a hash of the state and the wording of the reply
  act            text not null check (act in ('resend', 'suppress')),
  state          text not null,                -- of the deliveries
  reply          text,                         -- without addresses
  readers        int not null,                 -- when it began
  up_to          boolean not null,             -- they were too many to count: no more than that
  done           int not null default 0,
  after          bigint not null default 0,    -- the subscriber that was looked at last
  created_at     timestamptz not null,
  ended_at       timestamptz
);
-- selectActs; deleting issues cascades here.
create index problem_acts_by_issue on problem_acts (issue_id, id desc);
-- selectOpenActs, and one act of a kind at a time.
create unique index problem_acts_open on problem_acts (issue_id, problem, act) where ended_at is null;

-- Deliveries that retention deleted, as counts: the sums of the issue remain true.
create table delivery_totals (
  issue_id       bigint not null references issues on delete cascade,
  state          text not null,
  count          int not null,
  primary key (issue_id, state)
);

-- The deliveries of an issue by state, so that a progress bar does not count a million rows. The
-- sum over all shards is the count. The ledger stays the truth: an issue finishes only after its
-- deliveries are counted.
create table issue_counts (
  issue_id       bigint not null references issues on delete cascade,
  shard          int not null,                 -- the backend's pid: no backend waits for another one's row
  -- Added less taken by that backend: may be negative, as all below.
  queued         int not null default 0,
  sending        int not null default 0,
  accepted       int not null default 0,
  deferred       int not null default 0,
  refused        int not null default 0,
  uncertain      int not null default 0,
  bounced        int not null default 0,
  complained     int not null default 0,
  excluded       int not null default 0,
  primary key (issue_id, shard)
)
-- A row is updated with every lot: free space keeps the new versions on its page.
with (fillfactor = 25);

-- Counts changes only: 0.1 ms for a lot. The fan-out, which alone inserts, adds its number itself,
-- as a trigger would take seconds for a million new rows. Ordered, so that transactions that change
-- several issues do not deadlock.
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
  from (
    select issue_id, state, 1 as d from changed
    union all select issue_id, state, -1 from before_change
  ) moved
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

-- How an issue's hand-overs ended, by relay and provider. Each worker adds to its rows about once a
-- second. These are statistics: the last second of a killed worker is missing.
create table issue_progress (
  issue_id       bigint not null references issues on delete cascade,
  worker_id      bigint not null,              -- no worker waits for another one's row
  relay          text not null,                -- host:port
  domain_group   text not null,                -- a provider, or 'others' (src/mail/domain-groups.ts)
  accepted       int not null default 0,
  deferred       int not null default 0,
  refused        int not null default 0,
  uncertain      int not null default 0,
  started_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  -- Acceptances a second, as an exponentially weighted mean (addProgress): a rate needs no history.
  pace           float8 not null default 0,
  primary key (issue_id, worker_id, relay, domain_group)
);

-- issue_progress of deleted issues, summed: counters of /metrics must never decrease.
create table hand_over_totals (
  relay          text not null,                -- host:port
  domain_group   text not null,                -- as in issue_progress
  accepted       bigint not null,
  deferred       bigint not null,
  refused        bigint not null,
  uncertain      bigint not null,
  primary key (relay, domain_group)
);

-- A trigger, because deleting a newsletter deletes its issues by cascade, where no statement of
-- ours could add them up. Ordered, so that two deletions do not deadlock.
create function keep_hand_over_totals() returns trigger language plpgsql as $$
begin
  insert into hand_over_totals as kept
  select relay, domain_group, sum(accepted), sum(deferred), sum(refused), sum(uncertain) from gone
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

-- A pause by the bounce guard, for /metrics. No foreign key: the row outlives the issue.
create table guard_pauses (
  issue_id       bigint not null,
  -- The issue's paused_at: several workers may see the same reason.
  at             timestamptz not null,
  reason         text not null,                -- the issue's guard_kind
  primary key (issue_id, at)
);

-- How long all workers together waited for a relay's rate, for /metrics.
create table relay_waits (
  relay          text primary key,             -- host:port
  seconds        float8 not null
);

-- A provider that asked for less mail. Stored here so that every worker obeys, also after a
-- restart.
create table domain_slowdowns (
  group_key      text primary key,             -- a provider, or a domain (src/mail/domain-groups.ts)
  step           smallint not null,            -- 1: 30 s, doubled with each step up to 30 min
  until          timestamptz not null,         -- no hand-over before this; then one message at a time
  reply          text not null,                -- the provider's
  updated_at     timestamptz not null default now()
);

-- A provider that refused too many of our last messages: it gets none for some hours, then one at a time.
create table provider_pauses (
  group_key      text primary key,             -- as in domain_slowdowns
  cause          text not null check (cause in ('policy', 'content', 'auth')),
  bad            smallint not null,            -- refused or returned, of the last `ends`
  ends           smallint not null,
  reply          text not null,                -- the provider's last
  paused_at      timestamptz not null,
  until          timestamptz not null,         -- no hand-over before this; then one message at a time
  times          smallint not null,            -- in a row: each pause lasts twice as long
  -- A person ended it, or the provider takes mail again. Messages handed over before this count no more.
  ended_at       timestamptz
);

-- What a new sending domain has used of its daily allowance, which grows from day to day
-- (src/delivery/warm-up.ts).
create table warm_ups (
  domain         text not null,
  day            date not null,                -- UTC
  allowed        int not null,                 -- messages; fixed by the first worker that asks that day
  taken          int not null,
  granted        int not null,                 -- what the last request got
  primary key (domain, day)
);


-- src/feedback: what comes back -------------------------------------------------------------------

-- A mail that came back, as it arrived. Handing it in again changes nothing.
create table feedback_inbox (
  id             bigint generated always as identity primary key,
  source         text not null,                -- the way in: command, listener, mailbox, webhook
  sha256         bytea not null unique,        -- of the recipient and the whole mail, or of a webhook's event
  recipient      text,                         -- of the envelope; null: the way in does not know it
  raw            bytea not null,               -- 64 kB at most (src/feedback/condense.ts); to dmarc@ 1 MB
  received_at    timestamptz not null,
  due_at         timestamptz,                  -- when to look at it; null: done
  attempts       smallint not null default 0,

  -- What a worker made of it.
  kind           text,                         -- FeedbackKind of src/feedback/read-mail.ts, or report
  result         text check (result in ('recorded', 'repeated', 'ignored', 'failed')),
  reason         text,                         -- why it is ignored: no-token, too-old, …
  issue_id       bigint,                       -- the delivery
  subscriber_id  bigint
);
-- claimInboxMail: what is due, the oldest first.
create index feedback_inbox_due on feedback_inbox (due_at, id) where due_at is not null;
-- forgetMails.
create index feedback_inbox_received on feedback_inbox (received_at);
-- forgetFeedbackAbout: an erasure.
create index feedback_inbox_by_subscriber on feedback_inbox (subscriber_id) where subscriber_id is not null;

-- Something that came back about a delivery: once for each kind and day. The primary key guarantees that no
-- effect happens twice.
create table feedback_events (
  issue_id       bigint not null,              -- no foreign keys: events outlive the delivery and the person
  subscriber_id  bigint not null,
  kind           text not null,                -- hard, full, complaint, …: FeedbackKind
  day            date not null,                -- UTC, when it came in
  at             timestamptz not null,
  source         text not null,                -- as in feedback_inbox; smtp: said at the hand-over
  provider       text not null,                -- as domain_group in issue_progress
  status         text,                         -- "5.1.1" of RFC 3463
  code           smallint,                     -- of SMTP
  words          text,                         -- the server's; retention clears them
  forwarded      boolean not null default false,  -- the address that failed is not the reader's own
  primary key (issue_id, subscriber_id, kind, day)
);
-- eventsOf, pointsOf, and forgetFeedbackAbout.
create index feedback_events_by_subscriber on feedback_events (subscriber_id, at desc);
-- findReaders: the readers with one kind of problem.
create index feedback_events_by_kind on feedback_events (kind, at);
-- forgetEvents: the words.
create index feedback_events_with_words on feedback_events (at) where words is not null;

-- A mailbox of FEEDBACK_MAILBOX: which process reads it, how far, and what is wrong with it.
create table feedback_mailboxes (
  mailbox        text primary key,             -- "user@host:port/folder", without the password
  uid_validity   bigint,                       -- with another value of the server, its UIDs are others too
  last_uid       bigint not null default 0,    -- the highest that was taken
  reader         text,                         -- the worker that reads it
  leased_until   timestamptz,                  -- afterwards another worker may read it
  failures       integer not null default 0,   -- since it could last be read
  due_at         timestamptz,                  -- no worker tries before
  problem        jsonb,                        -- a message; null: it can be read
  problem_since  timestamptz,
  looked_at      timestamptz
);

-- How many events there ever were, for /metrics: counting the rows would read them all.
create table feedback_totals (
  kind           text not null,                -- these three as in feedback_events
  provider       text not null,
  source         text not null,
  shard          int not null,                 -- by the backend's pid: workers rarely wait for one another's row
  count          bigint not null,
  primary key (kind, provider, source, shard)
);


-- src/domain-reports: what receivers report about our domains ----------------------------------------

-- A report about DMARC, or about encrypted connections to our mail servers. Anybody can send one: it is shown
-- to people, and decides nothing.
create table domain_reports (
  id             bigint generated always as identity primary key,
  kind           text not null check (kind in ('dmarc', 'tls')),
  domain         text not null,                -- a sender's domain, or one above it
  organization   text not null,                -- the receiver that reports
  report_id      text not null,                -- of that receiver
  begins_at      timestamptz not null,
  ends_at        timestamptz not null,
  received_at    timestamptz not null,
  messages       bigint not null,              -- tls: sessions
  failed         bigint not null,
  excused        bigint not null,              -- failed, because a list or a forwarder passed the mail on
  -- The same report counts once.
  unique (kind, organization, report_id, domain)
);
-- countReports, selectSums.
create index domain_reports_by_domain on domain_reports (domain, received_at);
-- deleteOldReports, selectSums.
create index domain_reports_by_time on domain_reports (received_at);

-- The servers that sent the mail of a report, or the failures of sessions: at most 100 each.
create table domain_report_sources (
  domain_report_id bigint not null references domain_reports on delete cascade,
  source         text not null,
  messages       bigint not null,
  failed         bigint not null,
  excused        bigint not null,
  primary key (domain_report_id, source)
);


-- src/tracking: clicks of readers who agreed ------------------------------------------------------

-- A link of an issue's mails, for readers who agreed to be counted. Kept for good, without a foreign key: links
-- in mails must work whatever becomes of the issue, of its newsletter and of the posts.
create table counted_links (
  id             text primary key,             -- of the issue and the address (src/tracking/click-token.ts)
  issue_id       bigint not null,
  url            text not null
);
-- Composing a variant.
create index counted_links_by_issue on counted_links (issue_id);

-- A click. It holds neither address nor browser: only what the rules say of them.
create table clicks (
  id             bigint generated always as identity primary key,
  link_id        text not null,
  issue_id       bigint not null,
  subscription_id bigint not null references subscriptions on delete cascade,
  at             timestamptz not null,
  -- The rule that saw a machine (src/tracking/machine-rules.ts); null: none so far.
  rule           text,
  -- Null: not judged yet, and in no sum.
  clicked_by     text check (clicked_by in ('people', 'machines'))
);
-- claimUnjudged.
create index clicks_unjudged on clicks (at) where clicked_by is null;
-- claimUnjudged: the clicks of one mail. Deleting subscriptions cascades here.
create index clicks_by_reader on clicks (subscription_id, issue_id);
-- Retention.
create index clicks_by_age on clicks (at);


-- src/statistics: sums by day, which outlive the rows that they count -------------------------------

-- What happened to a newsletter on a day, in UTC. Triggers append each change in the transaction of the fact,
-- so that two transactions never wait for one row. The sum of the changes is the number; upkeep adds them up.
-- Outcomes of deliveries are not here: issue_counts keeps them for each issue, for good.
create table daily_sums (
  newsletter_id  bigint not null references newsletters on delete cascade,
  day            date not null,                -- on which the database recorded it
  issue_id       bigint,                       -- returned, clicked: about this issue
  -- asked: a request to join. joined: became active. left: is not active any more. answered: said why.
  -- confirmed: a request of this day led to a confirmation, on this day or later.
  -- returned: an event of src/feedback. clicked: a link of a mail.
  fact           text not null check (fact in
                   ('asked', 'confirmed', 'joined', 'left', 'answered', 'returned', 'clicked')),
  -- asked, confirmed, joined: subscriptions.via; joined: 'returned' took the leaving back.
  -- left: 'unsubscribed' or 'removed'.
  -- answered: leavings.reason. returned: the kind. clicked: the address.
  detail         text not null,
  part           text not null default '',     -- returned: the provider. clicked: 'people' or 'machines'
  change         bigint not null
);
-- The statistics of a newsletter in a period, and the cascade from newsletters.
create index daily_sums_by_newsletter on daily_sums (newsletter_id, day);
-- The statistics of an issue.
create index daily_sums_by_issue on daily_sums (issue_id) where issue_id is not null;
-- sumChanges: changes are appended to the last days only.
create index daily_sums_by_day on daily_sums (day);

create function today() returns date language sql stable parallel safe
  return (now() at time zone 'UTC')::date;

create function sum_added_readers() returns trigger language plpgsql as $$
begin
  insert into daily_sums (newsletter_id, day, fact, detail, change)
    select newsletter_id, today(), case status when 'active' then 'joined' else 'asked' end, coalesce(via, 'unknown'), count(*)
    from (select a.newsletter_id, a.via, status_of(a.requested_at, a.confirmed_at, a.unsubscribed_at, a.expired_at) as status
      from added a) added
    where status in ('active', 'pending') group by newsletter_id, status, via;
  return null;
end $$;
create trigger sum_added_readers after insert on subscriptions
  referencing new table as added for each statement execute function sum_added_readers();

-- The deletion of a newsletter deletes its sums, too.
create function sum_removed_readers() returns trigger language plpgsql as $$
begin
  insert into daily_sums (newsletter_id, day, fact, detail, change)
    select r.newsletter_id, today(), 'left', 'removed', count(*) from removed r
    where status_of(r.requested_at, r.confirmed_at, r.unsubscribed_at, r.expired_at) = 'active'
      and exists (select from newsletters n where n.id = r.newsletter_id) group by 1;
  return null;
end $$;
create trigger sum_removed_readers after delete on subscriptions
  referencing old table as removed for each statement execute function sum_removed_readers();

create function sum_changed_reader() returns trigger language plpgsql as $$
declare
  before text := status_of(old.requested_at, old.confirmed_at, old.unsubscribed_at, old.expired_at);
  after text := status_of(new.requested_at, new.confirmed_at, new.unsubscribed_at, new.expired_at);
  returns boolean := before = 'unsubscribed' and old.confirmed_at = new.confirmed_at;
begin
  if before <> after and before = 'active' then
    insert into daily_sums (newsletter_id, day, fact, detail, change) values (old.newsletter_id, today(), 'left',
      case after when 'unsubscribed' then after else 'removed' end, 1);
  end if;
  if before <> after and after in ('active', 'pending') then
    insert into daily_sums (newsletter_id, day, fact, detail, change) values (new.newsletter_id, today(),
      case after when 'active' then 'joined' else 'asked' end,
      case when after = 'active' and returns then 'returned' else coalesce(new.via, 'unknown') end, 1);
  end if;
  if before = 'pending' and after = 'active' then
    insert into daily_sums (newsletter_id, day, fact, detail, change) values (new.newsletter_id,
      (old.requested_at at time zone 'UTC')::date, 'confirmed', coalesce(new.via, 'unknown'), 1);
  end if;
  return null;
end $$;
-- As for count_changed_reader: the fan-out updates a million rows, and changes no status.
create trigger sum_changed_reader after update on subscriptions for each row
  when (old.confirmed_at is distinct from new.confirmed_at or old.unsubscribed_at is distinct from new.unsubscribed_at
    or old.expired_at is distinct from new.expired_at or old.requested_at is distinct from new.requested_at)
  execute function sum_changed_reader();

-- The day is that of the leaving, so that a second answer takes the first one back on its day.
create function sum_answers() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    insert into daily_sums (newsletter_id, day, fact, detail, change)
      values (old.newsletter_id, (old.unsubscribed_at at time zone 'UTC')::date, 'answered', old.reason, -1);
  end if;
  insert into daily_sums (newsletter_id, day, fact, detail, change)
    values (new.newsletter_id, (new.unsubscribed_at at time zone 'UTC')::date, 'answered', new.reason, 1);
  return null;
end $$;
create trigger sum_answers after insert or update of reason on leavings
  for each row execute function sum_answers();

create function sum_events() returns trigger language plpgsql as $$
begin
  insert into daily_sums (newsletter_id, day, issue_id, fact, detail, part, change)
    select i.newsletter_id, a.day, a.issue_id, 'returned', a.kind, a.provider, count(*)
    from added a join issues i on i.id = a.issue_id group by 1, 2, 3, 5, 6;
  return null;
end $$;
create trigger sum_events after insert on feedback_events
  referencing new table as added for each statement execute function sum_events();


-- src/webhooks: tells other programs what happened --------------------------------------------------

-- An address to which events are sent.
create table webhooks (
  id             bigint generated always as identity primary key,
  url            text not null,
  events         text[] not null,              -- src/webhooks/events.ts
  newsletter_id  bigint references newsletters on delete cascade,  -- null: every newsletter
  secret         bytea not null,               -- sealed: it signs the requests
  created_at     timestamptz not null,
  failing_since  timestamptz,                  -- the first failure since the last success
  disabled_at    timestamptz,
  disabled_because text check (disabled_because in ('by-hand', 'failing', 'gone')),
  -- Tries by outcome, for the metrics: deliveries are forgotten.
  delivered      bigint not null default 0,
  retried        bigint not null default 0,
  failed         bigint not null default 0,
  check ((disabled_at is null) = (disabled_because is null))
);

-- Outbox: an event for one webhook. The transaction that has the effect writes it. Events of one reader are sent in
-- the order of their ids. Erasing a reader deletes what would tell of them.
create table webhook_deliveries (
  id             bigint generated always as identity primary key,
  webhook_id     bigint not null references webhooks on delete cascade,
  event          text not null,
  subscriber_id  bigint references subscribers on delete cascade,  -- null: about no reader, or about an erased one
  data           jsonb not null,
  happened_at    timestamptz not null,
  due_at         timestamptz not null,         -- when to try next; a claim moves it ahead
  retry_until    timestamptz not null,         -- the last try comes before this
  attempts       smallint not null default 0,
  tried_at       timestamptz,                  -- the last try
  ended_at       timestamptz,                  -- null: it waits
  outcome        text check (outcome in ('delivered', 'failed')),
  status         int,                          -- of the last answer; null: there was none
  answer         text,                         -- its beginning, or what went wrong
  check ((ended_at is null) = (outcome is null))
);
-- claimWebhookLot.
create index webhook_deliveries_due on webhook_deliveries (webhook_id, due_at, id) where ended_at is null;
-- Finds an earlier event of the same reader that waits.
create index webhook_deliveries_of_reader on webhook_deliveries (webhook_id, subscriber_id, id)
  where ended_at is null and subscriber_id is not null;
-- The console's and API's lists.
create index webhook_deliveries_listed on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_tried on webhook_deliveries (webhook_id, tried_at) where tried_at is not null;
-- Erasing a reader.
create index webhook_deliveries_subscriber on webhook_deliveries (subscriber_id) where subscriber_id is not null;
-- Retention.
create index webhook_deliveries_happened on webhook_deliveries (happened_at);


-- src/mail: the rates of relays -------------------------------------------------------------------

-- A relay's bucket of permits, shared by all workers; it fills at the relay's rate. Unlogged: a
-- crash may forget a fifth of a second's permits.
create unlogged table relay_buckets (
  relay          text primary key,             -- host:port
  full_at        timestamptz not null          -- when the bucket will be full again
);


-- src/api: idempotent requests --------------------------------------------------------------------

-- The answer given to a request with this API key and Idempotency-Key. Kept for a day.
create table idempotent_answers (
  api_key_id     bigint not null references api_keys on delete cascade,
  idempotency_key text not null,
  -- Of method, path and body: another request must not get this answer.
  request_hash   bytea not null,
  status         int,                          -- null while the first request is in progress
  body           text,
  created_at     timestamptz not null default now(),
  primary key (api_key_id, idempotency_key)
);
