-- src/sender-checks: what a person's test or check found, word for word, so that the page after it is a GET that shows it.

-- The check of the last test that a person asked for (src/mail/check-relay.ts). Null: the last result is that of a mail.
alter table relay_tests add column found jsonb;

-- The DNS records of a sending domain as they were last found. A domain whose name server did not answer has a row here
-- and keeps its row in domain_checks, because silence says nothing.
create table domain_findings (
  domain         text primary key,
  checks         jsonb not null,               -- as src/mail/check-dns.ts has them
  found_at       timestamptz not null
);
