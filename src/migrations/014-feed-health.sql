-- What a publisher should know of a feed, posts that were taken back, and edits after the fact.

alter table feeds
  add column gone_at     timestamptz,        -- the server answered 410: disabled by its word, not by an admin's
  -- The last time the server said that its address changed for good (301, 308).
  add column moved_from  text,
  add column moved_at    timestamptz,
  add column remark      text,               -- no failure, but worth knowing; in words, for the publisher
  add column held_told_at timestamptz;       -- the publisher was told of the posts held up to then

alter table posts
  add column held_at       timestamptz,      -- by the anomaly guard; null: an admin holds it, or nobody
  -- Its feed no longer lists it, since; and its address was asked whether it is still there.
  add column unlisted_at   timestamptz,
  add column link_asked_at timestamptz,
  add column retracted_at  timestamptz;      -- taken back by its publisher: excluded, until it is listed again

create index posts_held on posts (feed_id) where state = 'held' and held_at is not null;
-- The guard asks what a feed is used to; the retraction, which posts are still to go out.
create index posts_by_feed on posts (feed_id, first_seen_at desc);

-- Edits of posts that are news: what changed, and when. Which issues had the post before is asked of issue_posts.
create table post_edits (
  post_id  bigint not null references posts on delete cascade,
  at       timestamptz not null,
  changed  text[] not null,                  -- 'title', 'text', 'url', 'image'
  title    text not null,                    -- before
  primary key (post_id, at)
);
