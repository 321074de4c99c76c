-- Providers that asked for less: kept here so that every worker heeds them, and after a restart too.
create table domain_slowdowns (
  group_key      text primary key,             -- a provider, or a domain (src/mail/domain-groups.ts)
  step           smallint not null,            -- 1: 30 s, doubled each time up to 30 min
  until          timestamptz not null,         -- nothing is handed over before; then one message at a time
  reply          text not null,                -- in the provider's words
  updated_at     timestamptz not null default now()
);
