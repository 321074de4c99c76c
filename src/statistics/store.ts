// The SQL of the sums by day. Triggers of 001-schema.sql append the changes.
import type { Db } from '../db.js';

export type ReaderFact = 'asked' | 'confirmed' | 'joined' | 'left' | 'answered';

export interface DayRow {
  /** "2026-11-29", in UTC. */
  day: string;
  asked: number;
  joined: number;
  left: number;
}

/** What readers did on each of the days on which anything happened. */
export async function selectDays(
  db: Db,
  { newsletterId, from, to }: Days & { newsletterId: string },
): Promise<DayRow[]> {
  return db.query(
    `select day::text, coalesce(sum(change) filter (where fact = 'asked'), 0)::int as asked,
       coalesce(sum(change) filter (where fact = 'joined'), 0)::int as joined,
       coalesce(sum(change) filter (where fact = 'left'), 0)::int as "left"
     from daily_sums where newsletter_id = $1 and day between $2 and $3 and issue_id is null group by daily_sums.day`,
    [newsletterId, from, to],
  );
}

export interface DetailRow {
  fact: ReaderFact;
  detail: string;
  /** Until the last of the days, and until now. */
  within: number;
  since: number;
}

/** How readers came and left from the first of the days on. */
export async function selectDetails(
  db: Db,
  { newsletterId, from, to }: Days & { newsletterId: string },
): Promise<DetailRow[]> {
  return db.query(
    `select fact, detail, sum(change)::int as since, coalesce(sum(change) filter (where day <= $3), 0)::int as within
     from daily_sums where newsletter_id = $1 and day >= $2 and issue_id is null group by fact, detail order by fact, detail`,
    [newsletterId, from, to],
  );
}

/**
 * How many left between the start of each issue and the next one's: from the issue's day to the day before, or its own.
 * An issue that has not started is missing.
 */
export async function selectLeavesAfter(
  db: Db,
  { issueIds, today }: { issueIds: readonly string[]; today: string },
): Promise<{ issueId: string; left: number }[]> {
  return db.query(
    `select i.id as issue_id, (
         select coalesce(sum(d.change), 0)::int from daily_sums d
         where d.newsletter_id = i.newsletter_id and d.day between x.first and greatest(x.first, x.last)
           and d.fact = 'left' and d.issue_id is null) as left
     from issues i cross join lateral (
       select (i.fanned_out_at at time zone 'UTC')::date as first, coalesce(
         (select (n.fanned_out_at at time zone 'UTC')::date - 1 from issues n
          where n.newsletter_id = i.newsletter_id and n.fanned_out_at > i.fanned_out_at
          order by n.fanned_out_at limit 1), $2::date) as last) x
     where i.id = any ($1) and i.fanned_out_at is not null`,
    [issueIds, today],
  );
}

export interface ReturnedRow {
  kind: string;
  provider: string;
  count: number;
}

/** Days, in UTC. */
export interface Days {
  from: string;
  to: string;
}

/** About a newsletter's issues, or one issue. Null: on any day. */
export interface AboutWhat {
  newsletterId: string;
  issueId: string | null;
  days: Days | null;
}

/** An issue's sums come from its own index, whatever the planner knows of the newsletter's. */
const isAbout = ({ issueId }: AboutWhat): string =>
  `${issueId === null ? 'newsletter_id = $1 and $2::bigint is null' : '$1::bigint is not null and issue_id = $2'}
   and ($3::date is null or day between $3 and $4)`;
const aboutValues = ({ newsletterId, issueId, days }: AboutWhat): unknown[] => [
  newsletterId,
  issueId,
  days?.from ?? null,
  days?.to ?? null,
];

/** What came back, by kind and provider. */
export async function selectReturned(db: Db, about: AboutWhat): Promise<ReturnedRow[]> {
  return db.query(
    `select detail as kind, part as provider, sum(change)::int as count from daily_sums
     where ${isAbout(about)} and fact = 'returned' group by 1, 2 having sum(change) > 0 order by 3 desc, 1, 2`,
    aboutValues(about),
  );
}

export interface ClickedRow {
  url: string;
  /** Clicks of people, and those of programs that look at mail. */
  people: number;
  machines: number;
}

/** The links that people clicked most. */
export async function selectClicked(db: Db, about: AboutWhat, limit: number): Promise<ClickedRow[]> {
  return db.query(
    `select detail as url, coalesce(sum(change) filter (where part = 'people'), 0)::int as people,
       coalesce(sum(change) filter (where part = 'machines'), 0)::int as machines
     from daily_sums where ${isAbout(about)} and fact = 'clicked' group by 1 order by 2 desc, 3 desc, 1 limit $5`,
    [...aboutValues(about), limit],
  );
}

export interface Clicks {
  issueId: string;
  url: string;
  by: 'people' | 'machines';
  clicks: number;
}

/** One statement for a lot. The clicks of issues that are gone are skipped. */
export async function insertClicks(tx: Db, lot: readonly Clicks[], day: string): Promise<void> {
  await tx.change(
    `insert into daily_sums (newsletter_id, day, issue_id, fact, detail, part, change)
     select i.newsletter_id, $1, i.id, 'clicked', c.url, c.by, sum(c.clicks)
     from unnest($2::bigint[], $3::text[], $4::text[], $5::int[]) as c (issue_id, url, by, clicks)
     join issues i on i.id = c.issue_id group by i.id, c.url, c.by`,
    [
      day,
      lot.map(({ issueId }) => issueId),
      lot.map(({ url }) => url),
      lot.map(({ by }) => by),
      lot.map(({ clicks }) => clicks),
    ],
  );
}

/** Adds up the changes of these last days: afterwards each number has one row. */
export async function sumDays(db: Db, since: string): Promise<void> {
  await db.query(
    `with many as (
       select newsletter_id, day, issue_id, fact, detail, part from daily_sums where day >= $1
       group by 1, 2, 3, 4, 5, 6 having count(*) > 1
     ), gone as (
       delete from daily_sums d using many m
       where d.day >= $1 and d.newsletter_id = m.newsletter_id and d.day = m.day
         and d.issue_id is not distinct from m.issue_id and d.fact = m.fact and d.detail = m.detail and d.part = m.part
       returning d.*
     )
     insert into daily_sums (newsletter_id, day, issue_id, fact, detail, part, change)
     select newsletter_id, day, issue_id, fact, detail, part, sum(change) from gone
     group by 1, 2, 3, 4, 5, 6 having sum(change) <> 0`,
    [since],
  );
}

export interface WrongSum {
  newsletterId: string;
  /** The readers: those who joined less those who left. Or what came back about an issue on a day. */
  of: 'readers' | 'returned';
  day: string | null;
  issueId: string | null;
  kind: string | null;
  provider: string | null;
  kept: number;
  counted: number;
}

/** Reads every active subscription and every event. */
export async function selectWrongSums(db: Db): Promise<WrongSum[]> {
  return db.query(
    `with readers as (
       select newsletter_id, count(*) as counted from subscriptions
       where status_of(requested_at, confirmed_at, unsubscribed_at, expired_at) = 'active' group by 1
     ), joined as (
       select newsletter_id, sum(case fact when 'joined' then change else -change end) as kept from daily_sums
       where fact in ('joined', 'left') group by 1
     ), events as (
       select i.newsletter_id, e.day, e.issue_id, e.kind, e.provider, count(*) as counted
       from feedback_events e join issues i on i.id = e.issue_id group by 1, 2, 3, 4, 5
     ), returned as (
       select newsletter_id, day, issue_id, detail as kind, part as provider, sum(change) as kept from daily_sums
       where fact = 'returned' group by 1, 2, 3, 4, 5
     ), compared as (
       select newsletter_id, 'readers' as of, null::date as day, null::bigint as issue_id, null as kind, null as provider,
         coalesce(kept, 0)::int as kept, coalesce(counted, 0)::int as counted
       from readers full join joined using (newsletter_id)
       union all
       select newsletter_id, 'returned', day, issue_id, kind, provider, coalesce(kept, 0)::int, coalesce(counted, 0)::int
       from events full join returned using (newsletter_id, day, issue_id, kind, provider)
     )
     select newsletter_id, of, day::text, issue_id, kind, provider, kept, counted from compared where kept <> counted
     order by 1, 2, 3, 4, 5, 6`,
  );
}

/** Until the transaction ends, nobody joins or leaves, and nothing comes back. */
export async function lockFacts(tx: Db): Promise<void> {
  await tx.query('lock table subscriptions, feedback_events in share mode');
}

export async function correctSum(tx: Db, wrong: WrongSum, today: string): Promise<void> {
  const missing = wrong.counted - wrong.kept;
  const [fact, detail, change] =
    wrong.of === 'returned'
      ? ['returned', wrong.kind, missing]
      : [missing > 0 ? 'joined' : 'left', 'corrected', Math.abs(missing)];
  await tx.change(
    `insert into daily_sums (newsletter_id, day, issue_id, fact, detail, part, change)
     values ($1, coalesce($2::date, $3::date), $4, $5, $6, coalesce($7, ''), $8)`,
    [wrong.newsletterId, wrong.day, today, wrong.issueId, fact, detail, wrong.provider, change],
  );
}
