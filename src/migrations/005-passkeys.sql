-- Passkeys (WebAuthn): an account signs in with one alone, or after its password.
--
-- The previous program does not know the table: it lets an account whose only second factor is a passkey in with the
-- password alone. So add the first passkey when no process of that program runs any more.
create table passkeys (
  id             bytea primary key,            -- the credential's id, which the authenticator chose
  account_id     bigint not null references accounts on delete cascade,
  name           text not null,                -- as the person calls it
  public_key     bytea not null,               -- COSE
  counter        bigint not null,              -- of its last signature; one that does not grow comes from a copy; 0: it does not count
  transports     text[] not null,              -- how a browser reaches the authenticator
  rp_id          text not null,                -- the host of BASE_URL when it was made: it works for no other
  created_at     timestamptz not null,
  used_at        timestamptz
);
-- The passkeys of an account.
create index passkeys_account on passkeys (account_id);
