// Who an issue is for, and the two statements of its fan-out: one inserts their deliveries, the other moves their
// read_through. src/delivery works through these rows.
import type { Db } from '../db.js';
import { advance } from '../subscribers/read-through.js';

/** Readers who are treated alike. */
export interface GroupRow {
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
    `select s.read_through, s.read_ahead, s.topics, speaking.language, count(*)::int as readers
     ${fromCandidates} and ${notExcluded}
     group by s.read_through, s.read_ahead, s.topics, speaking.language
     order by readers desc, s.read_through, s.read_ahead, speaking.language, s.topics`,
    [issueId, languages, now],
  );
}

/** A group, and the variant that its readers get; null: nothing is new to them. */
export type GroupVariant = Omit<GroupRow, 'readers'> & { variantId: string | null };

/** What both statements of a fan-out go by. */
export interface FanOutInput {
  issueId: string;
  groups: readonly GroupVariant[];
  /** As for selectGroups. */
  languages: readonly string[];
  now: Date;
}

// $4: the groups as JSON. Their columns are compared one by one, because a text made of them costs a microsecond for
// each reader.
const grouped = `grouped as (
       select * from jsonb_to_recordset($4::jsonb) as g (
         "readThrough" bigint, "readAhead" bigint[], topics text[], language text, "variantId" bigint)
     )`;

/** The condition that a candidate `c` belongs to a group `g`. Topics null and {} differ, and no topic is null. */
const inGroup = `g."readThrough" = c.read_through and g."readAhead" = c.read_ahead
         and coalesce(g.topics, array[null]::text[]) = coalesce(c.topics, array[null]::text[])
         and coalesce(g.language, '*') = coalesce(c.language, '*')`;

const candidate = 's.id, s.subscriber_id, s.read_through, s.read_ahead, s.topics, speaking.language';

/** The same for equal sets of subscriptions, and as good as never for different ones. */
const setOf = (id: string): string => `coalesce(sum(hashint8extended(${id}, 0)), 0)::text`;

const parameters = ({ issueId, languages, now, groups }: FanOutInput): unknown[] => [
  issueId,
  languages,
  now,
  JSON.stringify(groups),
];

// A million readers fit in it until the transaction ends, which saves half a second.
const enoughMemory = `set local work_mem = '64MB'`;

export interface Inserted {
  deliveries: number;
  /** Which subscriptions have them, as `setOf`. */
  readers: string;
}

/** Inserts a delivery for each reader of a group that has a variant, numbered in batches. */
export async function insertDeliveries(db: Db, input: FanOutInput, batchSize: number): Promise<Inserted> {
  await db.query(enoughMemory);
  return db.one<Inserted>(
    `with ${grouped}, inserted as (
       insert into deliveries (issue_id, subscriber_id, subscription_id, variant_id, batch, read_from, read_ahead)
       select $1::bigint, c.subscriber_id, c.id, g."variantId", 1 + (row_number() over () - 1) / $5::int, c.read_through,
         nullif(c.read_ahead, '{}')
       from (select ${candidate} ${fromCandidates} and ${notExcluded}) c
       join grouped g on ${inGroup}
       where g."variantId" is not null
       returning subscription_id
     )
     select count(*)::int as deliveries, ${setOf('subscription_id')} as readers from inserted`,
    [...parameters(input), batchSize],
  );
}

/** Deletes the deliveries that a fan-out left when it died between its two commits. Usually there are none. */
export async function deleteLeftOver(db: Db, issueId: string): Promise<void> {
  await db.query(
    `delete from deliveries where issue_id = $1
       and (select fanned_out_at from issues where id = $1) is null`,
    [issueId],
  );
}

export interface Moved {
  candidates: number;
  suppressed: number;
  paused: number;
  timeChanged: number;
  nothingNew: number;
  /** Readers whose group was not given: they changed meanwhile. The caller must start again. */
  unmatched: number;
  moved: number;
  /** Which subscriptions were moved, as `setOf`. */
  readers: string;
}

/**
 * Moves the read_through of each reader of a group that has a variant, and counts the candidates. One statement, so one
 * snapshot: every reader who is counted is moved.
 */
export async function moveReadThrough(
  tx: Db,
  input: FanOutInput,
  chosen: readonly string[] | null,
): Promise<Moved> {
  await tx.query(enoughMemory);
  return tx.one<Moved>(
    `with ${grouped}, matched as materialized (
       select c.id, c.excluded, g."readThrough" is null as unmatched, g."variantId" is not null as gets
       from (select ${candidate}, ${exclusion} as excluded ${fromCandidates}) c
       left join grouped g on c.excluded is null and ${inGroup}
     ), moved as (
       update subscriptions s set ${advance('(select seq_through from issues where id = $1)', '$5::bigint[]')}
       from matched m
       where s.id = m.id and m.gets
       returning s.id
     ), counted as (
       select count(*)::int as candidates,
         count(*) filter (where excluded = 'suppressed')::int as suppressed,
         count(*) filter (where excluded = 'paused')::int as paused,
         count(*) filter (where excluded = 'timeChanged')::int as time_changed,
         count(*) filter (where excluded is null and not unmatched and not gets)::int as nothing_new,
         count(*) filter (where excluded is null and unmatched)::int as unmatched
       from matched
     )
     select counted.*, (select count(*) from moved)::int as moved, (select ${setOf('id')} from moved) as readers
     from counted`,
    [...parameters(input), chosen],
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
