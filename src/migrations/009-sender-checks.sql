-- src/sender-checks: what the last checks found, so that pages can say it without asking other servers.

-- Of a relay: a test that a person asked for, or a test mail that the relay took.
create table relay_tests (
  relay          text primary key,             -- its name in SMTP_URL: host:port
  worked         boolean not null,
  tested_at      timestamptz not null
);

-- Of the DNS of a sending domain. The first check is a person's; upkeep repeats it.
create table domain_checks (
  domain         text primary key,
  lacks          text[] not null,              -- of SPF, DKIM and DMARC: those that are missing or wrong
  checked_at     timestamptz not null
);
