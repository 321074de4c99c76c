// Who an issue is for, and the one statement that writes their deliveries. src/delivery works through these
// rows.
import type { Db } from '../db.js';
import { advance } from '../subscribers/read-through.js';

/** Readers who are treated alike. The fan-out finds them by `key`. */
export interface GroupRow {
  key: string;
  readThrough: string;
  readAhead: string[];
  topics: string[] | null;
  /** The language in which we address them, if it is not the newsletter's. */
  language: string | null;
  readers: number;
}

// The candidates of an issue. $1 is the issue's id, $2 the languages that make a difference (most readers
// have none of their own), $3 the time now. For a manual issue, paused subscriptions are no candidates.
const fromCandidates = `
  from issues i
  join subscriptions s on s.newsletter_id = i.newsletter_id
  -- Starts from the few suppressions, instead of looking up every reader's address.
  left join (
    select r.id from suppressions join subscribers r using (address_hash)
  ) suppressed on suppressed.id = s.subscriber_id
  left join (
    select id, split_part(language, '-', 1) as language from subscribers
    where language is not null and split_part(language, '-', 1) = any ($2::text[])
  ) speaking on speaking.id = s.subscriber_id
  where i.id = $1 and s.confirmed_at is not null and s.unsubscribed_at is null
    and case when i.kind = 'manual' then s.paused_until is null or s.paused_until <= $3
        else s.reading_time_id = any (i.due_reading_times) or (i.due_default and s.reading_time_id is null) end`;

// One text for readers who are treated alike. Topics null and {} differ.
const groupKey = `concat_ws('|', s.read_through, s.read_ahead::text, coalesce(speaking.language, '*'),
  coalesce(s.topics::text, '*'))`;

/** Why a candidate gets nothing: the first reason that holds. `fails` is its opposite. */
const exclusions: readonly { reason: string; holds: string; fails: string }[] = [
  { reason: 'suppressed', holds: 'suppressed.id is not null', fails: 'suppressed.id is null' },
  {
    reason: 'paused',
    holds: 's.paused_until > $3',
    fails: '(s.paused_until is null or s.paused_until <= $3)',
  },
  // A reader who changed the delivery time may have had the day's digest (src/subscribers/change-time.ts).
  {
    reason: 'timeChanged',
    holds: `i.kind = 'scheduled' and s.not_before > i.slot`,
    fails: `(i.kind <> 'scheduled' or s.not_before is null or s.not_before <= i.slot)`,
  },
];

const exclusion = `case ${exclusions.map(({ reason, holds }) => `when ${holds} then '${reason}'`).join(' ')} end`;

// PostgreSQL expects "case … is null" to hold for one reader in two hundred, and would plan for few.
const notExcluded = exclusions.map(({ fails }) => fails).join(' and ');

/**
 * `languages`: those that make a difference. Readers with any other language are in groups with language
 * null.
 */
export async function selectGroups(
  db: Db,
  issueId: string,
  { languages, now }: { languages: readonly string[]; now: Date },
): Promise<GroupRow[]> {
  return db.query(
    `select ${groupKey} as key, s.read_through, s.read_ahead, s.topics, speaking.language, count(*)::int as readers
     ${fromCandidates} and ${notExcluded}
     group by s.read_through, s.read_ahead, s.topics, speaking.language
     order by readers desc, key`,
    [issueId, languages, now],
  );
}

export interface FanOut {
  candidates: number;
  suppressed: number;
  paused: number;
  timeChanged: number;
  nothingNew: number;
  deliveries: number;
  moved: number;
  /** Readers whose group was not given: they changed meanwhile. The caller must start again. */
  unmatched: number;
}

/**
 * Writes a delivery for each reader of a group that has a variant, and moves their read_through. One
 * statement, so one snapshot: every reader who is counted is written. It takes two seconds for 200,000
 * readers, mostly for the indexes of deliveries. Until the transaction ends, its memory suffices for a
 * million readers: that saves half a second.
 */
export async function insertDeliveries(
  tx: Db,
  issueId: string,
  groups: readonly { key: string; variantId: string | undefined }[],
  {
    batchSize,
    chosen,
    languages,
    now,
  }: { batchSize: number; chosen: readonly string[] | null; languages: readonly string[]; now: Date },
): Promise<FanOut> {
  await tx.query(`set local work_mem = '64MB'`);
  return tx.one<FanOut>(
    `with grouped as (
       select * from unnest($4::text[], $5::bigint[]) as g (key, variant_id)
     ), candidates as (
       select s.id, s.subscriber_id, s.read_through, s.read_ahead, i.seq_through, ${groupKey} as key,
         ${exclusion} as excluded
       ${fromCandidates}
     ), matched as materialized (
       select c.*, g.variant_id, g.key is null as unmatched
       from candidates c left join grouped g on c.excluded is null and g.key = c.key
     ), inserted as (
       insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, read_from, read_ahead)
       select $1::bigint, subscriber_id, id, variant_id, 1 + (row_number() over () - 1) / $6::int, read_through,
         nullif(read_ahead, '{}')
       from matched where variant_id is not null
       returning 1
     ), moved as (
       update subscriptions s
       set ${advance('m.seq_through', '$7::bigint[]')}
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
      now,
      groups.map((group) => group.key),
      groups.map((group) => group.variantId ?? null),
      batchSize,
      chosen,
    ],
  );
}

/**
 * Makes PostgreSQL count the deliveries, if this issue has more than it knows of, so that every session plans
 * again. After tests with three readers, a worker would otherwise read a whole issue for each lot until the
 * next autovacuum: 14 ms at 100,000 readers.
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
    now: Date;
  },
): Promise<void> {
  await tx.query(
    `update issues set fanned_out_at = $6, candidates = $2, excluded = $3, batches = $4, retry_until = $5
     where id = $1`,
    [id, values.candidates, JSON.stringify(values.excluded), values.batches, values.retryUntil, values.now],
  );
  await tx.query('insert into issue_counts (issue_id, shard, queued) values ($1, pg_backend_pid(), $2)', [
    id,
    values.deliveries,
  ]);
}
