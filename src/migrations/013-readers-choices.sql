-- What a reader may choose, say and change beyond when and which topics.

alter table subscriptions
  add plain_text boolean not null default false,   -- text/plain alone
  -- When they agreed that what they open and click may be counted; null: it may not.
  add tracking_agreed_at timestamptz;

-- subscribers: their issues are opened with the link in the mail, and with no other.
alter table newsletters drop constraint newsletters_archive_check;
alter table newsletters add constraint newsletters_archive_check check (archive in ('public', 'subscribers', 'none'));

-- Why readers left, if they cared to say; one answer a leaving.
create table leavings (
  subscription_id bigint not null references subscriptions on delete cascade,
  unsubscribed_at timestamptz not null,
  newsletter_id  bigint not null references newsletters on delete cascade,
  reason         text not null,
  comment        text,
  at             timestamptz not null default now(),
  primary key (subscription_id, unsubscribed_at)
);
create index leavings_by_newsletter on leavings (newsletter_id, at desc, subscription_id);

-- A reader wants their mail at another address. Both ends must agree, each by a link of its own. Sent to neither of them
-- yet is the outbox, as with confirmations.
create table address_changes (
  id             bigint generated always as identity primary key,
  subscriber_id  bigint not null references subscribers on delete cascade,
  -- Whose page it was asked on: the newsletter in whose name both are written to.
  subscription_id bigint not null references subscriptions on delete cascade,
  address        text not null,                -- the new one
  address_key    text not null,
  address_hash   bytea not null,
  domain         text not null,
  -- False: written down, so that nobody learns of it, but the new address must not be mailed (now).
  mails_new      boolean not null,
  requested_at   timestamptz not null,
  expires_at     timestamptz not null,
  old_sent_at    timestamptz,
  new_sent_at    timestamptz,
  due_at         timestamptz not null,
  attempts       smallint not null default 0,
  -- SHA-256 of 128 random bits.
  old_token_hash bytea unique,
  new_token_hash bytea unique,
  old_agreed_at  timestamptz,
  new_agreed_at  timestamptz,
  done_at        timestamptz,
  withdrawn_at   timestamptz
);
create index address_changes_by_subscriber on address_changes (subscriber_id);
create index address_changes_by_key on address_changes (address_key);
create index address_changes_open on address_changes (due_at) where done_at is null and withdrawn_at is null;

-- Two places on one newsletter that became one, because two addresses did: the links of the other place's mails go on.
create table merged_subscriptions (
  id             bigint primary key,           -- as old links name it
  subscription_id bigint not null references subscriptions on delete cascade
);
create index merged_subscriptions_by_subscription on merged_subscriptions (subscription_id);
