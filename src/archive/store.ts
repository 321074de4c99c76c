// Issues that went out, for the web. The archive writes nothing.
import type { Db } from '../db.js';

export interface IssueLine {
  number: number;
  subject: string;
  slot: Date;
}

export interface IssueHead extends IssueLine {
  id: string;
  fannedOutAt: Date;
  /** The posts of the variant that most readers got, in its order. */
  postIds: string[];
  older: number | null;
  newer: number | null;
}

export interface FeedIssue extends IssueLine {
  fannedOutAt: Date;
  posts: { title: string; url: string | null; excerpt: string; image: { url: string } | null }[];
}

/** Only issues that readers have got. A cancelled issue disappears from the web, too. */
const isPublic = 'fanned_out_at is not null and cancelled_at is null and number is not null';

// Variants are written in the order of their numbers of readers.
const mainVariant = `left join lateral (
    select post_ids from variants where issue_id = i.id order by id limit 1
  ) v on true`;

/** Newest first; those below the number `before`. */
export async function selectIssueLines(
  db: Db,
  newsletterId: string,
  before: number | undefined,
  limit: number,
): Promise<IssueLine[]> {
  return db.query(
    `select number, subject, slot from issues
     where newsletter_id = $1 and ${isPublic} and ($2::int is null or number < $2)
     order by number desc limit $3`,
    [newsletterId, before ?? null, limit],
  );
}

/** The numbers that follow `after`, ascending. */
export async function selectNumbersAfter(
  db: Db,
  newsletterId: string,
  after: number,
  limit: number,
): Promise<number[]> {
  const rows = await db.query<{ number: number }>(
    `select number from issues where newsletter_id = $1 and ${isPublic} and number > $2 order by number limit $3`,
    [newsletterId, after, limit],
  );
  return rows.map(({ number }) => number);
}

export async function selectIssueHead(
  db: Db,
  newsletterId: string,
  number: number,
): Promise<IssueHead | undefined> {
  return db.maybeOne(
    `select i.id, i.number, i.subject, i.slot, i.fanned_out_at, coalesce(v.post_ids, '{}') as post_ids,
       (select max(number) from issues where newsletter_id = $1 and ${isPublic} and number < $2) as older,
       (select min(number) from issues where newsletter_id = $1 and ${isPublic} and number > $2) as newer
     from issues i ${mainVariant}
     where newsletter_id = $1 and number = $2 and ${isPublic}`,
    [newsletterId, number],
  );
}

/** Posts of an issue that were excluded or deleted since: a mail cannot be recalled, a page can. */
export async function selectWithdrawnPosts(db: Db, issueId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select p.id from issue_posts ip join posts p on p.id = ip.post_id
     where ip.issue_id = $1 and p.state = 'excluded'`,
    [issueId],
  );
  return rows.map(({ id }) => id);
}

/** The newest issues with the posts that most readers got. */
export async function selectFeedIssues(db: Db, newsletterId: string, limit: number): Promise<FeedIssue[]> {
  return db.query(
    `select i.number, i.subject, i.slot, i.fanned_out_at, coalesce((
         select jsonb_agg(jsonb_build_object('title', ip.post->'title', 'url', ip.post->'url',
           'excerpt', ip.post->'excerpt', 'image', ip.post->'image') order by array_position(v.post_ids, ip.post_id))
         from issue_posts ip join posts p on p.id = ip.post_id
         where ip.issue_id = i.id and ip.post_id = any (v.post_ids) and p.state <> 'excluded'
       ), '[]') as posts
     from issues i ${mainVariant}
     where newsletter_id = $1 and ${isPublic}
     order by number desc limit $2`,
    [newsletterId, limit],
  );
}
