// The rows about one post or one reader of an issue.
import type { Db } from '../db.js';

export interface PostFacts {
  id: string;
  title: string;
  state: 'eligible' | 'held' | 'excluded' | 'known';
  seq: string | null;
  firstSeenAt: Date;
  /** By the anomaly guard. */
  heldAt: Date | null;
  retractedAt: Date | null;
  /** The last decision about it by a person. */
  decidedAt: Date | null;
  decidedBy: string | null;
  inIssue: boolean;
  /** The post was eligible, but an admin chose others for the issue. */
  notChosen: boolean;
  omitted: 'topic' | 'dropped' | 'later' | null;
  omittedAt: Date | null;
  afterCutoff: boolean;
  /** The number of variants, and of those that show the post. */
  variants: number;
  shownIn: number;
  /** For how many readers the relay accepted one of these. Null: too many deliveries to look at each. */
  readers: number | null;
  /** The numbers of other issues that have it. */
  otherIssues: number[];
}

/** Deliveries that are looked at. */
const most = 10_000;

/** Orders and limits keep the planner on the keys, whatever it knows of the tables: it read all deliveries and all issues. */
export async function selectPostFacts(
  db: Db,
  issueId: string,
  postIds: readonly string[],
): Promise<PostFacts[]> {
  return db.query(
    `select p.id, p.title, p.state, p.seq, p.first_seen_at, p.held_at, p.retracted_at, a.at as decided_at,
       a.actor as decided_by, ip.post_id is not null as in_issue,
       i.post_ids is not null and p.id <> all (i.post_ids) as not_chosen, o.reason as omitted, o.at as omitted_at,
       i.seq_through is not null and p.seq > i.seq_through as after_cutoff,
       (select count(*)::int from variants where issue_id = i.id) as variants,
       (select count(*)::int from variants where issue_id = i.id and p.id = any (post_ids)) as shown_in,
       case
         when not exists (select from variants where issue_id = i.id and p.id <> all (post_ids)) then
           (select coalesce(sum(accepted + bounced + complained), 0)::int from issue_counts where issue_id = i.id)
         when not exists (select from variants where issue_id = i.id and p.id = any (post_ids)) then 0
         when i.candidates <= ${most} then
           (select count(*)::int from (select * from deliveries where issue_id = i.id
                order by issue_id, subscriber_id limit ${most}) d
            where d.state in ('accepted', 'bounced', 'complained')
              and d.variant_id = any (array(select v.id from variants v where v.issue_id = i.id and p.id = any (v.post_ids))))
       end as readers,
       array(select other.number from issue_posts x cross join lateral (select number from issues
           where id = x.issue_id and fanned_out_at is not null and cancelled_at is null limit 1) other
         where x.post_id = p.id and x.issue_id <> i.id order by other.number) as other_issues
     from issues i join posts p on p.newsletter_id = i.newsletter_id
       left join issue_posts ip on ip.issue_id = i.id and ip.post_id = p.id
       left join issue_omissions o on o.issue_id = i.id and o.post_id = p.id
       left join lateral (select at, actor from audit where subject = 'post:' || p.id and action = 'post.change'
         order by id desc limit 1) a on true
     where i.id = $1 and p.id = any ($2)`,
    [issueId, postIds],
  );
}

export interface ReaderFacts {
  issueId: string;
  /** null: never subscribed to this newsletter. */
  subscriptionId: string | null;
  confirmedAt: Date | null;
  unsubscribedAt: Date | null;
  pausedUntil: Date | null;
  notBefore: Date | null;
  topics: string[] | null;
  /** The reader's own; null: the newsletter's. */
  readingFrequency: 'daily' | 'weekly' | null;
  /** "07:30 Europe/Berlin". */
  readingTime: string | null;
  due: boolean;
  suppressedAt: Date | null;
  suppressedFor: string | null;
  /**
   * The number of the issue's posts with the reader's topics, and of those that another issue brought them. 0 if the issue
   * has a message for them.
   */
  wanted: number;
  had: number;
  hadIn: number[];
  state: string | null;
  reason: string | null;
  attempts: number | null;
  dueAt: Date | null;
  changedAt: Date | null;
  reply: string | null;
  returnedAt: Date | null;
  posts: string[] | null;
  more: number | null;
}

/** One reader and several issues. An issue is missing if the reader exists no more and it had no message for them. */
export async function selectReaderFacts(
  db: Db,
  issueIds: readonly string[],
  subscriberId: string,
): Promise<ReaderFacts[]> {
  return db.query(
    `with wanted as (
       select i.id as issue_id, ip.post_id
       from issues i join subscriptions s on s.newsletter_id = i.newsletter_id and s.subscriber_id = $2
         join issue_posts ip on ip.issue_id = i.id
       where i.id = any ($1::bigint[])
         -- A message explains itself.
         and not exists (select from deliveries d where d.issue_id = i.id and d.subscriber_id = $2)
         and (s.topics is null or ip.post->'topics' = '[]' or ip.post->'topics' ?| s.topics)
     ), brought as (
       select distinct w.issue_id, i.number, w.post_id from wanted w
       join issue_posts x on x.post_id = w.post_id and x.issue_id <> w.issue_id
       join issues i on i.id = x.issue_id
       join deliveries d on d.issue_id = x.issue_id and d.subscriber_id = $2 and d.state not in ('excluded')
         and d.returned_at is null
     )
     select i.id as issue_id, s.id as subscription_id, s.confirmed_at, s.unsubscribed_at, s.paused_until, s.not_before,
       s.topics, t.frequency as reading_frequency, t.send_time || ' ' || t.timezone as reading_time,
       i.kind = 'manual' or coalesce(s.reading_time_id = any (i.due_reading_times), i.due_default) as due,
       u.created_at as suppressed_at, u.reason as suppressed_for,
       (select count(*)::int from wanted w where w.issue_id = i.id) as wanted,
       (select count(distinct b.post_id)::int from brought b where b.issue_id = i.id) as had,
       array(select distinct b.number from brought b where b.issue_id = i.id order by b.number) as had_in,
       d.state, d.reason, d.attempts, d.due_at, d.changed_at, d.reply, d.returned_at,
       array(select ip.post->>'title' from issue_posts ip where ip.issue_id = i.id and ip.post_id = any (v.post_ids)
         order by ip.position) as posts,
       v.more
     from issues i
       left join subscriptions s on s.newsletter_id = i.newsletter_id and s.subscriber_id = $2
       left join reading_times t on t.id = s.reading_time_id
       left join subscribers r on r.id = $2
       left join suppressions u on u.address_hash = r.address_hash
       left join deliveries d on d.issue_id = i.id and d.subscriber_id = $2
       left join variants v on v.id = d.variant_id
     where i.id = any ($1::bigint[]) and (r.id is not null or d.subscriber_id is not null)`,
    [issueIds, subscriberId],
  );
}
