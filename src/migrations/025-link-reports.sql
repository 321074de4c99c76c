-- What the links of an issue in review answered when they were last followed.
create table link_reports (
  issue_id    bigint primary key references issues on delete cascade,
  checked_at  timestamptz not null,
  links       int not null,
  unclear     int not null,                -- sites that keep programs out: they may be well
  silent      jsonb not null               -- [{url, reason}]
);
