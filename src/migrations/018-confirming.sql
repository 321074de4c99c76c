-- One confirmation for several newsletters, reminders, and a word to whoever asks for what they have.

alter table subscriptions
  -- Asked for together with this one, which carries the mail and its token for both. Only while pending does it matter.
  add confirm_with bigint references subscriptions on delete set null,
  add reminder_due_at timestamptz,             -- null: none is to be sent (any more)
  add reminded_at timestamptz,                 -- written before the mail is handed over
  add reminder_token_hash bytea,               -- the first mail's link goes on working
  add reminder_token_expires_at timestamptz,
  add told_due_at timestamptz;                 -- an active reader has asked again: the outbox of that mail

create index subscriptions_confirmed_together on subscriptions (confirm_with) where confirm_with is not null;
create index subscriptions_to_remind on subscriptions (reminder_due_at) where reminder_due_at is not null;
create unique index subscriptions_reminders on subscriptions (reminder_token_hash) where reminder_token_hash is not null;
create index subscriptions_to_tell on subscriptions (told_due_at) where told_due_at is not null;

alter table subscribers
  add told_at timestamptz;                     -- when they were last told that they are subscribed already

-- reminded: of a request. asked-again: for what the reader has; recorded when a mail says so, which is daily at most.
alter table consents drop constraint consents_event_check;
alter table consents add constraint consents_event_check check (event in
  ('requested', 'reminded', 'confirmed', 'imported', 'added', 'changed', 'unsubscribed', 'asked-again'));
