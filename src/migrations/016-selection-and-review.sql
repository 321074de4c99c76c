-- What goes into an issue, in which order and with which words of the publisher's own; and who looks at it first.

alter table newsletters
  add selection jsonb not null default '{}',   -- {order, include, exclude, topicMap}: src/newsletters/selection.ts
  add words jsonb not null default '{}';       -- {opening, closing, sponsor}: in every issue

alter table issues
  add own_subject text,                        -- a subject template for this issue alone
  add own_words jsonb not null default '{}',   -- what is absent is the newsletter's; null: none in this issue
  add review_until timestamptz,                -- until then somebody may decide; what happens then:
  add review_timeout text not null default 'wait' check (review_timeout in ('wait', 'release', 'skip')),
  add retract_until timestamptz;               -- approved by a person: nothing is fanned out before

-- Posts that were at hand at the cut-off and are not in the issue, and why.
create table issue_omissions (
  issue_id       bigint not null references issues on delete cascade,
  post_id        bigint not null references posts on delete cascade,
  reason         text not null check (reason in ('topic', 'dropped', 'later')),
  position       int not null,
  seq            bigint not null,
  post           jsonb not null,               -- as it was frozen
  at             timestamptz not null default now(),
  primary key (issue_id, post_id)
);

-- Mails that tell the accounts of an issue in review. A row without sent_at and refused_at is the outbox.
create table review_mails (
  issue_id       bigint not null references issues on delete cascade,
  account_id     bigint not null references accounts on delete cascade,
  due_at         timestamptz not null default now(),
  attempts       smallint not null default 0,
  sent_at        timestamptz,
  refused_at     timestamptz,
  reply          text,
  primary key (issue_id, account_id)
);
create index review_mails_unsent on review_mails (due_at) where sent_at is null and refused_at is null;

-- The planner asks which reading times anybody has, and an issue for its readers.
create index subscriptions_by_reading_time on subscriptions (reading_time_id)
  where reading_time_id is not null and confirmed_at is not null and unsubscribed_at is null;
