-- Against abuse of the subscribe form.

-- Challenges that were solved and used: each is good for one request. Kept until they expire.
create table used_challenges (
  id             bytea primary key,            -- the challenge's nonce
  expires_at     timestamptz not null
);

-- Whose addresses may subscribe (src/subscribers/domain-rules.ts).
create table domain_rules (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint references newsletters on delete cascade,   -- null: every newsletter
  domain         text not null,                -- lower case, A-labels; what is below it is meant too
  rule           text not null check (rule in ('allow', 'block')),
  created_at     timestamptz not null default now(),
  unique nulls not distinct (domain, newsletter_id)
);
create index domain_rules_of_newsletters on domain_rules (newsletter_id);
create index domain_rules_that_allow on domain_rules (newsletter_id) where rule = 'allow';
