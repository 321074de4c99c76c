// The issues' rows: planning, freezing, fan-out. The ledger of deliveries is filled here and worked through in
// src/delivery.
import type { ReadingTimeRow } from '../newsletters/due-slots.js';
import type { Db } from '../db.js';
import type { Look } from '../newsletters/look.js';
import type { ReviewTimeout } from '../newsletters/schedule.js';
import type { Words } from '../newsletters/selection.js';
import type { Ranked } from '../digest/arrange-posts.js';
import type { Dropped } from '../digest/encoded-size.js';
import type { IssueTimes } from './status.js';

export interface IssueRow extends IssueTimes {
  id: string;
  newsletterId: string;
  number: number | null;
  kind: 'scheduled' | 'manual';
  slot: Date;
  dueDefault: boolean;
  dueReadingTimes: string[];
  postIds: string[] | null;
  review: 'auto' | 'hold';
  subject: string | null;
  seqThrough: string | null;
  createdAt: Date;
  retryUntil: Date | null;
  pauseReason: string | null;
  skipReason: string | null;
  /** A subject template of this issue alone. */
  ownSubject: string | null;
  /** What is absent is the newsletter's; null: none. */
  ownWords: Partial<Words>;
  /** In review: until when somebody may decide, and what happens then. */
  reviewUntil: Date | null;
  reviewTimeout: ReviewTimeout;
  /** Approved by a person: nothing is fanned out before. */
  retractUntil: Date | null;
  candidates: number | null;
  excluded: Record<string, number>;
  batches: number;
  /** As the issue was frozen; null: it is not, or was before looks. */
  look: Look | null;
}

export interface PlannedNewsletter {
  id: string;
  plannedThrough: Date;
}

/** Readers who are treated alike: `key` names them, in the fan-out too. */
export interface GroupRow {
  key: string;
  readThrough: string;
  readAhead: string[];
  topics: string[] | null;
  /** What they are spoken to in, where that is not the newsletter's language. */
  language: string | null;
  readers: number;
}

export interface PostRow {
  id: string;
  seq: string;
  url: string | null;
  title: string;
  html: string;
  text: string;
  excerpt: string;
  author: string | null;
  image: { url: string; width?: number; height?: number; alt?: string } | null;
  topics: string[];
  commentCount: number | null;
  publishedAt: Date | null;
  pinned: boolean;
}

/** As it is in an issue: under the newsletter's topics, with its rank among the issue's posts. */
export type FrozenPost = Ranked<PostRow>;

export interface VariantRow {
  id: string;
  key: string;
  postIds: string[];
  more: number;
  subject: string;
  preheader: string;
  html: string;
  text: string;
  /** Of the HTML as it travels; null: rendered before sizes were kept. */
  bytes: number | null;
  dropped: Dropped | null;
}

const issueColumns = `id, newsletter_id, number, kind, slot, due_default, due_reading_times, post_ids, review, subject,
  seq_through, created_at, frozen_at, approved_at, fanned_out_at, retry_until, paused_at, pause_reason, cancelled_at,
  finished_at, skipped_at, skip_reason, own_subject, own_words, review_until, review_timeout, retract_until, candidates,
  excluded, batches, look`;

// Who an issue is for. $1 is the issue's id; what a manual issue has no candidates for is a paused subscription.
// $2 names the languages that make a difference: most readers have none of their own.
const fromCandidates = `
  from issues i
  join subscriptions s on s.newsletter_id = i.newsletter_id
  -- From the few that are suppressed, instead of looking up every reader's address.
  left join (
    select r.id from suppressions join subscribers r using (address_hash)
  ) suppressed on suppressed.id = s.subscriber_id
  left join (
    select id, split_part(language, '-', 1) as language from subscribers
    where language is not null and split_part(language, '-', 1) = any ($2::text[])
  ) speaking on speaking.id = s.subscriber_id
  where i.id = $1 and s.confirmed_at is not null and s.unsubscribed_at is null
    and case when i.kind = 'manual' then s.paused_until is null or s.paused_until <= now()
        else s.reading_time_id = any (i.due_reading_times) or (i.due_default and s.reading_time_id is null) end`;

// One text for one way to be treated; null and {} topics differ.
const groupKey = `concat_ws('|', s.read_through, s.read_ahead::text, coalesce(speaking.language, '*'),
  coalesce(s.topics::text, '*'))`;

/** Why a candidate gets nothing, the first that is true; and the opposite. */
const exclusions: readonly { reason: string; holds: string; fails: string }[] = [
  { reason: 'suppressed', holds: 'suppressed.id is not null', fails: 'suppressed.id is null' },
  {
    reason: 'paused',
    holds: 's.paused_until > now()',
    fails: '(s.paused_until is null or s.paused_until <= now())',
  },
  // Who changed when they read may have had the day's digest already (src/subscribers/change-time.ts).
  {
    reason: 'timeChanged',
    holds: `i.kind = 'scheduled' and s.not_before > i.slot`,
    fails: `(i.kind <> 'scheduled' or s.not_before is null or s.not_before <= i.slot)`,
  },
];

const exclusion = `case ${exclusions.map(({ reason, holds }) => `when ${holds} then '${reason}'`).join(' ')} end`;

// Of "case … is null" PostgreSQL believes that it holds for one reader in two hundred, and plans for few.
const notExcluded = exclusions.map(({ fails }) => fails).join(' and ');

export async function selectPlanned(db: Db): Promise<PlannedNewsletter[]> {
  return db.query('select id, planned_through from newsletters order by id');
}

/** Reading times that some active subscription has. */
export async function selectReadingTimes(db: Db): Promise<ReadingTimeRow[]> {
  return db.query(
    `select id, newsletter_id, frequency, send_time, weekday, timezone from reading_times t
     where exists (select from subscriptions s where s.reading_time_id = t.id
       and s.confirmed_at is not null and s.unsubscribed_at is null)`,
  );
}

/** True for the one planner that moved it: two planners do not plan the same stretch. */
export async function movePlannedThrough(db: Db, id: string, from: Date, to: Date): Promise<boolean> {
  return (
    (await db.change(
      `update newsletters set planned_through = $3
       where id = $1 and date_trunc('milliseconds', planned_through) = $2`,
      [id, from, to],
    )) === 1
  );
}

/** Whether some due reader has not been offered the newest eligible post yet. */
export async function hasNews(
  db: Db,
  newsletterId: string,
  due: { slot: Date; dueDefault: boolean; dueReadingTimes: string[] },
): Promise<boolean> {
  const { news } = await db.one<{ news: boolean }>(
    `select exists (
       select from subscriptions s
       where s.newsletter_id = $1 and s.confirmed_at is not null and s.unsubscribed_at is null
         and (s.reading_time_id = any ($3::bigint[]) or ($2 and s.reading_time_id is null))
         and (s.not_before is null or s.not_before <= $4)
         and s.read_through < (select max(seq) from posts where newsletter_id = $1 and state = 'eligible')
     ) as news`,
    [newsletterId, due.dueDefault, due.dueReadingTimes, due.slot],
  );
  return news;
}

/** Active readers, not paused and not suppressed, who have not been offered the newest eligible post. */
export async function countReadersWithNews(db: Db, newsletterId: string): Promise<number> {
  const { readers } = await db.one<{ readers: number }>(
    `select count(*)::int as readers
     from subscriptions s join subscribers r on r.id = s.subscriber_id
     where s.newsletter_id = $1 and s.confirmed_at is not null and s.unsubscribed_at is null
       and (s.paused_until is null or s.paused_until <= now())
       and not exists (select from suppressions u where u.address_hash = r.address_hash)
       and s.read_through < (select max(seq) from posts where newsletter_id = $1 and state = 'eligible')`,
    [newsletterId],
  );
  return readers;
}

/** The new issue's id, or undefined if this slot has one. */
export async function insertScheduledIssue(
  db: Db,
  issue: {
    newsletterId: string;
    slot: Date;
    review: 'auto' | 'hold';
    dueDefault: boolean;
    dueReadingTimes: string[];
  },
): Promise<string | undefined> {
  const row = await db.maybeOne<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review, due_default, due_reading_times)
     values ($1, 'scheduled', $2, $3, $4, $5)
     on conflict (newsletter_id, slot) where kind = 'scheduled' do nothing returning id`,
    [issue.newsletterId, issue.slot, issue.review, issue.dueDefault, issue.dueReadingTimes],
  );
  return row?.id;
}

export async function insertManualIssue(
  db: Db,
  issue: { newsletterId: string; slot: Date; review: 'auto' | 'hold'; postIds: string[] | null },
): Promise<string> {
  const { id } = await db.one<{ id: string }>(
    `insert into issues (newsletter_id, kind, slot, review, post_ids) values ($1, 'manual', $2, $3, $4) returning id`,
    [issue.newsletterId, issue.slot, issue.review, issue.postIds],
  );
  return id;
}

export async function selectIssue(db: Db, id: string): Promise<IssueRow | undefined> {
  return db.maybeOne(`select ${issueColumns} from issues where id = $1`, [id]);
}

/** Locked until the transaction ends: one process freezes, one fans out. */
export async function lockIssue(tx: Db, id: string): Promise<IssueRow | undefined> {
  return tx.maybeOne(`select ${issueColumns} from issues where id = $1 for update`, [id]);
}

/** Newest first, below the id `before`. */
export async function selectIssues(
  db: Db,
  newsletterId: string,
  before: string | undefined,
  limit: number,
): Promise<IssueRow[]> {
  return db.query(
    `select ${issueColumns} from issues
     where newsletter_id = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
    [newsletterId, before ?? null, limit],
  );
}

/**
 * One fan-out of a newsletter at a time, until the transaction ends: two at once would both see what a reader has not
 * read yet, and mail it twice.
 */
export async function lockFanOut(tx: Db, newsletterId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('fan-out', $1))`, [newsletterId]);
}

/** The seq up to which issues at the newsletter's own time have gone out; what is beyond is the next issue's. */
export async function selectIssuedThrough(db: Db, newsletterId: string): Promise<string> {
  const row = await db.one<{ seq: string }>(
    `select coalesce(max(seq_through), 0) as seq from issues
     where newsletter_id = $1 and due_default and fanned_out_at is not null and cancelled_at is null
       and post_ids is null`,
    [newsletterId],
  );
  return row.seq;
}

/** Issues that a lost job left between two steps. */
export async function selectUnassembled(db: Db): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `select id from issues
     where fanned_out_at is null and cancelled_at is null and skipped_at is null and paused_at is null
       and (frozen_at is null or (approved_at is not null and slot <= now()
         and (retract_until is null or retract_until <= now())))
     order by id`,
  );
  return rows.map((row) => row.id);
}

/** `languages`: those in which a reader is spoken to who asked for it; for all others a group has none. */
export async function selectGroups(
  db: Db,
  issueId: string,
  languages: readonly string[],
): Promise<GroupRow[]> {
  return db.query(
    `select ${groupKey} as key, s.read_through, s.read_ahead, s.topics, speaking.language, count(*)::int as readers
     ${fromCandidates} and ${notExcluded}
     group by s.read_through, s.read_ahead, s.topics, speaking.language
     order by readers desc, key`,
    [issueId, languages],
  );
}

/** The newsletter's eligible posts after `after`, up to `through`; only the chosen ones if any are named. */
export async function selectEligiblePosts(
  db: Db,
  query: { newsletterId: string; after: string; through: string; postIds: string[] | null },
): Promise<PostRow[]> {
  return db.query(
    `select id, seq, url, title, html, text, excerpt, author, image, topics, comment_count, published_at, pinned
     from posts
     where newsletter_id = $1 and state = 'eligible' and seq > $2 and seq <= $3
       and ($4::bigint[] is null or id = any ($4))
     order by seq desc`,
    [query.newsletterId, query.after, query.through, query.postIds],
  );
}

export async function selectSeq(db: Db, newsletterId: string): Promise<string> {
  return (await db.one<{ seq: string }>('select seq from newsletters where id = $1', [newsletterId])).seq;
}

export async function insertIssuePosts(tx: Db, issueId: string, posts: readonly FrozenPost[]): Promise<void> {
  await tx.query(
    `insert into issue_posts (issue_id, post_id, position, seq, post)
     select $1::bigint, p.id, p.position, p.seq, p.post
     from unnest($2::bigint[], $3::bigint[], $4::jsonb[]) with ordinality as p (id, seq, post, position)`,
    [
      issueId,
      posts.map((post) => post.id),
      posts.map((post) => post.seq),
      posts.map((post) => JSON.stringify(post)),
    ],
  );
}

/** Remembers posts that were at hand and are not in the issue. */
export async function insertOmissions(
  tx: Db,
  issueId: string,
  reason: OmissionReason,
  posts: readonly PostRow[],
): Promise<void> {
  if (posts.length === 0) return;
  await tx.query(
    `insert into issue_omissions (issue_id, post_id, reason, position, seq, post)
     select $1::bigint, p.id, $5, p.position, p.seq, p.post
     from unnest($2::bigint[], $3::bigint[], $4::jsonb[]) with ordinality as p (id, seq, post, position)`,
    [
      issueId,
      posts.map((post) => post.id),
      posts.map((post) => post.seq),
      posts.map((post) => JSON.stringify(post)),
      reason,
    ],
  );
}

/** The posts as they were at the cut-off, in the issue's order. */
export async function selectIssuePosts(db: Db, issueId: string): Promise<FrozenPost[]> {
  const rows = await db.query<{ post: StoredPost }>(
    'select post from issue_posts where issue_id = $1 order by position',
    [issueId],
  );
  return rows.map(({ post }, index) => ({
    ...post,
    rank: post.rank ?? index,
    publishedAt: post.publishedAt === null ? null : new Date(post.publishedAt),
  }));
}

/** As JSON has it. An issue frozen by an older version has no ranks: the order was the rank. */
export type StoredPost = Omit<PostRow, 'publishedAt'> & { publishedAt: string | null; rank?: number };

/** topic: left out by the newsletter's selection; dropped, later: by an editor, for good or for the next issue. */
export type OmissionReason = 'topic' | 'dropped' | 'later';

export async function insertVariant(
  tx: Db,
  issueId: string,
  language: string,
  variant: Omit<VariantRow, 'id'>,
): Promise<void> {
  await tx.query(
    `insert into variants (issue_id, key, language, post_ids, more, subject, preheader, html, text, bytes, dropped)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (issue_id, key) do nothing`,
    [
      issueId,
      variant.key,
      language,
      variant.postIds,
      variant.more,
      variant.subject,
      variant.preheader,
      variant.html,
      variant.text,
      variant.bytes,
      variant.dropped,
    ],
  );
}

export async function selectVariants(db: Db, issueId: string): Promise<VariantRow[]> {
  return db.query(
    `select id, key, post_ids, more, subject, preheader, html, text, bytes, dropped from variants
     where issue_id = $1 order by id`,
    [issueId],
  );
}

/**
 * The size of the issue's largest variant, or of one that is not in the publisher's own template although it should be;
 * undefined: nothing is rendered, or was before sizes were kept.
 */
export async function selectLargestVariant(
  db: Db,
  issueId: string,
): Promise<{ bytes: number; dropped: Dropped } | undefined> {
  return db.maybeOne(
    `select bytes, dropped from variants where issue_id = $1 and bytes is not null
     order by dropped ? 'ownTemplate' desc, bytes desc limit 1`,
    [issueId],
  );
}

/** The number of the newsletter's next issue. Given back if the transaction fails. */
export async function takeNumber(tx: Db, newsletterId: string): Promise<number> {
  const { number } = await tx.one<{ number: number }>(
    'update newsletters set last_number = last_number + 1 where id = $1 returning last_number as number',
    [newsletterId],
  );
  return number;
}

export async function markFrozen(
  tx: Db,
  issue: {
    id: string;
    number: number;
    subject: string;
    seqThrough: string;
    approved: boolean;
    reviewTimeout: ReviewTimeout;
    reviewUntil: Date;
    look: Look;
  },
): Promise<void> {
  await tx.query(
    `update issues set frozen_at = now(), number = $2, subject = $3, seq_through = $4,
       approved_at = case when $5 then now() end, review_timeout = $6,
       review_until = case when not $5 then $7::timestamptz end, look = $8
     where id = $1`,
    [
      issue.id,
      issue.number,
      issue.subject,
      issue.seqThrough,
      issue.approved,
      issue.reviewTimeout,
      issue.reviewUntil,
      issue.look,
    ],
  );
}

export async function markSkipped(tx: Db, id: string, reason: string): Promise<void> {
  await tx.query(`update issues set skipped_at = now(), skip_reason = $2 where id = $1`, [id, reason]);
}

export interface FanOut {
  candidates: number;
  suppressed: number;
  paused: number;
  timeChanged: number;
  nothingNew: number;
  deliveries: number;
  moved: number;
  /** Readers whose group was not among those given: they changed since; the whole is to be done again. */
  unmatched: number;
}

/**
 * Writes a delivery for each reader of a group that has a variant, and moves what they have read. One statement, so
 * one snapshot: whoever is counted is written. Two seconds for 200,000 readers, most of it the indexes of deliveries.
 * Of the connection's memory it takes enough for a million readers, until the transaction ends: half a second less.
 */
export async function insertDeliveries(
  tx: Db,
  issueId: string,
  groups: readonly { key: string; variantId: string | undefined }[],
  {
    batchSize,
    chosen,
    languages,
  }: { batchSize: number; chosen: readonly string[] | null; languages: readonly string[] },
): Promise<FanOut> {
  await tx.query(`set local work_mem = '64MB'`);
  return tx.one<FanOut>(
    `with grouped as (
       select * from unnest($3::text[], $4::bigint[]) as g (key, variant_id)
     ), candidates as (
       select s.id, s.subscriber_id, s.read_through, s.read_ahead, i.seq_through, ${groupKey} as key,
         ${exclusion} as excluded
       ${fromCandidates}
     ), matched as materialized (
       select c.*, g.variant_id, g.key is null as unmatched
       from candidates c left join grouped g on c.excluded is null and g.key = c.key
     ), inserted as (
       insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, read_from, read_ahead)
       select $1::bigint, subscriber_id, id, variant_id, 1 + (row_number() over () - 1) / $5::int, read_through,
         nullif(read_ahead, '{}')
       from matched where variant_id is not null
       returning 1
     ), moved as (
       update subscriptions s
       set read_through = case when $6::bigint[] is null then m.seq_through else s.read_through end,
         read_ahead = case when $6::bigint[] is null then '{}' else s.read_ahead || $6 end
       from matched m
       where s.id = m.id and m.variant_id is not null
       returning 1
     )
     select count(*)::int as candidates,
       count(*) filter (where excluded = 'suppressed')::int as suppressed,
       count(*) filter (where excluded = 'paused')::int as paused,
       count(*) filter (where excluded = 'timeChanged')::int as time_changed,
       count(*) filter (where excluded is null and not unmatched and variant_id is null)::int as nothing_new,
       count(*) filter (where excluded is null and unmatched)::int as unmatched,
       (select count(*) from inserted)::int as deliveries,
       (select count(*) from moved)::int as moved
     from matched`,
    [
      issueId,
      languages,
      groups.map((group) => group.key),
      groups.map((group) => group.variantId ?? null),
      batchSize,
      chosen,
    ],
  );
}

/**
 * Has PostgreSQL count the deliveries, where this issue's are more than it knew of, and so plan anew in every session.
 * A worker that has sent tests to three readers would otherwise read a whole issue for each lot of it, 14 ms at 100,000
 * readers, until autovacuum comes round.
 */
export async function tellPlanner(tx: Db, deliveries: number): Promise<void> {
  const { known } = await tx.one<{ known: number }>(
    `select reltuples::float as known from pg_class where oid = 'deliveries'::regclass`,
  );
  if (known < deliveries) await tx.query('analyze (skip_locked) deliveries');
}

export async function markFannedOut(
  tx: Db,
  id: string,
  values: {
    candidates: number;
    excluded: Record<string, number>;
    deliveries: number;
    batches: number;
    retryUntil: Date;
  },
): Promise<void> {
  await tx.query(
    `update issues set fanned_out_at = now(), candidates = $2, excluded = $3, batches = $4, retry_until = $5
     where id = $1`,
    [id, values.candidates, JSON.stringify(values.excluded), values.batches, values.retryUntil],
  );
  await tx.query('insert into issue_counts (issue_id, shard, queued) values ($1, pg_backend_pid(), $2)', [
    id,
    values.deliveries,
  ]);
}

/** Each a conditional update; false: the issue was not in a state for it. */
export async function pause(db: Db, id: string, reason: string): Promise<boolean> {
  return (
    (await db.change(
      `update issues set paused_at = now(), pause_reason = $2
       where id = $1 and paused_at is null and cancelled_at is null and skipped_at is null and finished_at is null`,
      [id, reason],
    )) === 1
  );
}

export async function resume(db: Db, id: string): Promise<boolean> {
  return (
    (await db.change(
      `update issues set paused_at = null, pause_reason = null, resumed_at = now()
       where id = $1 and paused_at is not null and cancelled_at is null`,
      [id],
    )) === 1
  );
}
