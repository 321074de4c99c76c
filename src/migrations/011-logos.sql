-- src/newsletters: logos that publishers uploaded --------------------------------------------------

-- A picture under the hash of its content, so newsletters with the same logo share one row.
create table logos (
  hash         bytea primary key,              -- SHA-256 of content
  media_type   text not null,
  content      bytea not null,
  uploaded_at  timestamptz not null            -- the last time
);
-- The content is compressed already.
alter table logos alter column content set storage external;

-- The logos that a newsletter has had. Mails in readers' mailboxes still show them.
create table newsletter_logos (
  newsletter_id  bigint not null references newsletters on delete cascade,
  hash           bytea not null references logos,
  used_at        timestamptz not null,         -- the last time that a look with it was saved
  primary key (newsletter_id, hash)
);
-- deleteUnusedLogos, and the foreign key.
create index newsletter_logos_by_hash on newsletter_logos (hash);
