-- A publisher's own MJML, each version kept: an issue is rendered with the version it was frozen with, and an old one can
-- be used again.
create table mail_templates (
  id             bigint generated always as identity primary key,
  newsletter_id  bigint not null references newsletters on delete cascade,
  version        int not null,
  mjml           text not null,
  note           text,
  created_by     text not null,                -- as the audit log names them
  created_at     timestamptz not null default now(),
  unique (newsletter_id, version)
);

-- Images of posts whose size the feed does not say, measured once for all posts that show them; and the addresses behind
-- /images/…, which we serve.
create table images (
  id             bigint generated always as identity primary key,
  url_hash       bytea not null unique,        -- SHA-256 of url
  url            text not null,
  width          int,                          -- null: not measured
  height         int,
  tries          smallint not null default 0,
  measured_at    timestamptz,
  created_at     timestamptz not null default now()
);
create index images_unmeasured on images (id) where measured_at is null;

-- The newest posts with an image of unknown size, without reading the others.
create index posts_with_unknown_images on posts (id) where image is not null and image -> 'width' is null;
