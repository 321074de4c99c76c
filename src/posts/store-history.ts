// The SQL for what came before: a feed's history, by which its new posts are judged, and the topics of late.
import type { Db } from '../db.js';
import type { KnownPost, PostRow } from './store.js';

/** The usual volume of a feed (guard.ts). Posts that the guard ever held do not count. */
export async function customOf(
  tx: Db,
  feedId: string,
  now: Date,
): Promise<{ busiestDay: number; recent: number }> {
  return tx.one(
    `with days as (
       select count(*) as posts, count(*) filter (where state <> 'known') as news from posts
        where feed_id = $1 and held_at is null and first_seen_at > $2::timestamptz - interval '90 days'
          -- What a feed held at the first poll tells by its dates; without them it would all be of that day.
          and (published_at is not null or state <> 'known')
        group by date_trunc('day', coalesce(published_at, first_seen_at), 'UTC')
     )
     select
       -- Of what was there before us, the second busiest day: an archive may have been imported on the busiest.
       greatest(0, (select max(news) from days),
                   (select posts from days order by posts desc offset 1 limit 1))::int as busiest_day,
       (select count(*)::int from posts
         where feed_id = $1 and held_at is null and state <> 'known'
           and first_seen_at > $2::timestamptz - interval '1 day') as recent`,
    [feedId, now],
  );
}

/** The oldest date of all posts that the feed ever listed, except those that the guard held. */
export async function oldestListed(tx: Db, feedId: string): Promise<Date | null> {
  const { oldest } = await tx.one<{ oldest: Date | null }>(
    'select min(published_at) as oldest from posts where feed_id = $1 and held_at is null',
    [feedId],
  );
  return oldest;
}

export interface DatedPost extends KnownPost {
  text: string;
  /** The feed has other posts with this title ("Weekly notes"). */
  isTitleRepeated: boolean;
}

/**
 * The posts with one of `dates`, to the second, and those without date at one of `links`; among the last 500
 * that the feed brought and the last 500 whose feed was removed.
 */
export async function recentPostsAt(
  tx: Db,
  { newsletterId, feedId }: { newsletterId: string; feedId: string },
  { dates, links }: { dates: readonly Date[]; links: readonly string[] },
): Promise<DatedPost[]> {
  return tx.query<DatedPost>(
    `with recent as materialized (
       (select id, title, published_at, url from posts where feed_id = $1 order by first_seen_at desc, id desc limit 500)
       union all
       (select id, title, published_at, url from posts where newsletter_id = $3 and orphaned_at is not null
         order by id desc limit 500)
     )
     select p.id, p.feed_id, p.guid, p.url, p.title, p.published_at, p.seq, p.retracted_at, p.held_at, p.orphaned_at,
            p.text,
            (select count(*) from recent other where other.title = r.title) > 1 as is_title_repeated
       from recent r join posts p on p.id = r.id
      where date_trunc('second', r.published_at) = any($2::timestamptz[])
         or (r.published_at is null and r.url = any($4::text[]))
      order by p.id desc`,
    [feedId, dates.map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000)), newsletterId, links],
  );
}

/** Detaches the posts of a feed that is about to be removed. */
export async function orphanPosts(tx: Db, feedId: string, now: Date): Promise<void> {
  await tx.change('update posts set feed_id = null, orphaned_at = $2 where feed_id = $1', [feedId, now]);
}

export async function adoptPosts(tx: Db, ids: readonly string[], feedId: string): Promise<void> {
  await tx.change('update posts set feed_id = $2, orphaned_at = null where id = any ($1)', [ids, feedId]);
}

/** A page of all posts that the feed brought, the newest first. */
export async function postsToName(
  tx: Db,
  page: { feedId: string; before: string | null; limit: number },
): Promise<PostRow[]> {
  return tx.query<PostRow>(
    `select * from posts where feed_id = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
    [page.feedId, page.before, page.limit],
  );
}

/** The topics of the newsletter's last 200 posts, the most frequent first. */
export async function findLatestTopics(db: Db, newsletterId: string, limit: number): Promise<string[]> {
  const rows = await db.query<{ topic: string }>(
    `select topic from (
       select unnest(topics) as topic
         from (select topics from posts where newsletter_id = $1 order by id desc limit 200) latest
     ) named group by topic order by count(*) desc, topic limit $2`,
    [newsletterId, limit],
  );
  return rows.map(({ topic }) => topic);
}
