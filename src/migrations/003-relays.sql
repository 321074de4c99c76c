-- Several relays: the rate of each is kept by all workers together.

-- A bucket of permits that fills by the relay's rate; src/mail/store.ts. Unlogged: a crash may forget a fifth of a
-- second's permits.
create unlogged table relay_permits (
  relay          text primary key,             -- host:port
  full_at        timestamptz not null          -- when the bucket will be full again
);
