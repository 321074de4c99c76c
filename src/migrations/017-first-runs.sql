-- src/first-runs: the form of a first run between two of its steps, for an hour, so that each step ends with a redirect.
create table first_runs (
  id             bigint generated always as identity primary key,
  account_id     bigint not null references accounts on delete cascade,
  fields         jsonb not null,               -- as they were sent, and what was found at the site
  outcome        jsonb,                        -- of the test mail, in the words of the page
  kept_at        timestamptz not null
);
create index first_runs_of_account on first_runs (account_id, id);
