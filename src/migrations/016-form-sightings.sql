-- src/form-sightings: when a page of another site last showed a newsletter's form. Nothing about the page or its visitor.
create table form_sightings (
  newsletter_id  bigint primary key references newsletters on delete cascade,
  seen_at        timestamptz not null          -- written at most once an hour
);
