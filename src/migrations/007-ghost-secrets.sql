-- The secret by which Ghost signs its calls for a newsletter follows from SECRET_KEY, the newsletter and this salt.
-- No row: the secret of earlier programs, which had no salt.
create table ghost_secrets (
  newsletter_id  bigint primary key references newsletters on delete cascade,
  salt           text,                         -- null: removed, so no call is accepted
  made_at        timestamptz not null
);
