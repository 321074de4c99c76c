// The SQL of the inbox and of the events.
import type { Db } from '../db.js';
import type { FeedbackKind } from './read-mail.js';

export interface InboxMail {
  id: string;
  source: string;
  recipient: string | null;
  raw: Buffer;
  receivedAt: Date;
  attempts: number;
}

/** False: the same mail came in before. */
export async function insertMail(
  db: Db,
  mail: { source: string; sha256: Buffer; recipient: string | null; raw: Buffer; now: Date },
): Promise<boolean> {
  const inserted = await db.change(
    `insert into feedback_inbox (source, sha256, recipient, raw, received_at, due_at) values ($1, $2, $3, $4, $5, $5)
     on conflict (sha256) do nothing`,
    [mail.source, mail.sha256, mail.recipient, mail.raw, mail.now],
  );
  return inserted === 1;
}

/** The events of a webhook, in one statement. Returns how many are new. */
export async function insertEvents(
  db: Db,
  events: readonly { raw: Buffer; sha256: Buffer }[],
  now: Date,
): Promise<number> {
  return db.change(
    `insert into feedback_inbox (source, sha256, raw, received_at, due_at)
     select 'webhook', sha256, raw, $3, $3 from unnest($1::bytea[], $2::bytea[]) as e (sha256, raw)
     on conflict (sha256) do nothing`,
    [events.map(({ sha256 }) => sha256), events.map(({ raw }) => raw), now],
  );
}

/** Old statistics must not lead past the indexes in this transaction. */
export async function useIndexes(tx: Db): Promise<void> {
  await tx.query('set local enable_seqscan = off');
}

/** The oldest mails that are due, locked. Other workers take the others. */
export async function claimInboxMails(
  tx: Db,
  { now, limit }: { now: Date; limit: number },
): Promise<InboxMail[]> {
  return tx.query(
    `select id, source, recipient, raw, received_at, attempts from feedback_inbox
     where due_at <= $1 order by due_at, id limit $2 for update skip locked`,
    [now, limit],
  );
}

export async function hasMail(db: Db): Promise<boolean> {
  const { has } = await db.one<{ has: boolean }>(
    `select exists (select from feedback_inbox where source <> 'webhook') as has`,
  );
  return has;
}

export interface Conclusion {
  kind: FeedbackKind | 'report';
  result: 'recorded' | 'repeated' | 'ignored';
  reason: string | null;
  issueId: string | null;
  subscriberId: string | null;
}

export async function concludeMails(
  tx: Db,
  concluded: readonly (Conclusion & { id: string })[],
): Promise<void> {
  if (concluded.length === 0) return;
  await tx.change(
    `update feedback_inbox m set due_at = null, kind = c.kind, result = c.result, reason = c.reason,
       issue_id = c.issue_id, subscriber_id = c.subscriber_id
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
       as c (id, kind, result, reason, issue_id, subscriber_id)
     where m.id = c.id`,
    [
      concluded.map(({ id }) => id),
      concluded.map(({ kind }) => kind),
      concluded.map(({ result }) => result),
      concluded.map(({ reason }) => reason),
      concluded.map(({ issueId }) => issueId),
      concluded.map(({ subscriberId }) => subscriberId),
    ],
  );
}

/**
 * Puts a mail off; without `dueAt` for good. Between a failure and this statement, another worker may have concluded
 * the mail: then it stays concluded.
 */
export async function postponeMail(
  db: Db,
  { id, dueAt, reason }: { id: string; dueAt: Date | undefined; reason: string },
): Promise<void> {
  await db.change(
    `update feedback_inbox set due_at = $2, attempts = attempts + 1, reason = $3,
       result = case when $2::timestamptz is null then 'failed' end
     where id = $1 and due_at is not null`,
    [id, dueAt ?? null, reason],
  );
}

export interface EventRow {
  issueId: string;
  subscriberId: string;
  kind: FeedbackKind;
  at: Date;
  source: string;
  provider: string;
  status: string | null;
  code: number | null;
  words: string | null;
  forwarded: boolean;
}

/** Inserts events, at most one for each delivery, kind and day. Returns the rows that are new, by their number. */
export async function insertEventRows(tx: Db, events: readonly EventRow[]): Promise<Set<number>> {
  if (events.length === 0) return new Set();
  const column = <K extends keyof EventRow>(name: K): EventRow[K][] => events.map((event) => event[name]);
  const inserted = await tx.query<{ number: number }>(
    `with given as (
       select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[],
         $7::text[], $8::int[], $9::text[], $10::bool[]) with ordinality
         as e (issue_id, subscriber_id, kind, at, source, provider, status, code, words, forwarded, number)
     ), first as (
       select distinct on (issue_id, subscriber_id, kind, day) *
       from given, lateral (select (at at time zone 'UTC')::date as day) as of_event
       order by issue_id, subscriber_id, kind, day, number
     ), event as (
       insert into feedback_events
         (issue_id, subscriber_id, kind, day, at, source, provider, status, code, words, forwarded)
       select issue_id, subscriber_id, kind, day, at, source, provider, status, code, words, forwarded from first
       on conflict do nothing returning issue_id, subscriber_id, kind, day
     )
     select first.number::int from event join first using (issue_id, subscriber_id, kind, day)`,
    [
      column('issueId'),
      column('subscriberId'),
      column('kind'),
      column('at'),
      column('source'),
      column('provider'),
      column('status'),
      column('code'),
      column('words'),
      column('forwarded'),
    ],
  );
  return new Set(inserted.map(({ number }) => number - 1));
}

/** Counts events for good. Call it last in a transaction: the rows of the counts are locked in one order. */
export async function addToTotals(
  tx: Db,
  events: readonly Pick<EventRow, 'kind' | 'provider' | 'source'>[],
): Promise<void> {
  if (events.length === 0) return;
  await tx.change(
    `insert into feedback_totals as total (kind, provider, source, shard, count)
     select kind, provider, source, pg_backend_pid() % 8, count(*)
     from unnest($1::text[], $2::text[], $3::text[]) as e (kind, provider, source)
     group by kind, provider, source order by kind, provider, source
     on conflict (kind, provider, source, shard) do update set count = total.count + excluded.count`,
    [
      events.map(({ kind }) => kind),
      events.map(({ provider }) => provider),
      events.map(({ source }) => source),
    ],
  );
}

const eventColumns = 'issue_id, subscriber_id, kind, at, source, provider, status, code, words, forwarded';

/** The newest first. */
export async function selectEventsOf(db: Db, subscriberId: string, limit: number): Promise<EventRow[]> {
  return db.query(
    `select ${eventColumns} from feedback_events where subscriber_id = $1 order by at desc limit $2`,
    [subscriberId, limit],
  );
}

export async function selectEventsAbout(
  db: Db,
  { issueId, subscriberId }: { issueId: string; subscriberId: string },
): Promise<EventRow[]> {
  return db.query(
    `select ${eventColumns} from feedback_events where issue_id = $1 and subscriber_id = $2 order by at`,
    [issueId, subscriberId],
  );
}

/**
 * The days after `since` on which each mailbox took nothing, in the order of `readers`. A forwarded hard bounce is
 * one of them.
 */
export async function countPoints(
  tx: Db,
  readers: readonly { subscriberId: string; since: Date }[],
): Promise<number[]> {
  if (readers.length === 0) return [];
  const rows = await tx.query<{ points: number }>(
    `select points from unnest($1::bigint[], $2::timestamptz[]) with ordinality as r (subscriber_id, since, number),
       lateral (select count(distinct e.day)::int as points from feedback_events e
         where e.subscriber_id = r.subscriber_id and e.at > r.since
           and (e.kind in ('full', 'unavailable') or (e.kind = 'hard' and e.forwarded))) as counted
     order by number`,
    [readers.map(({ subscriberId }) => subscriberId), readers.map(({ since }) => since)],
  );
  return rows.map(({ points }) => points);
}

/** Microsoft denied the reader on another day, too. */
export async function wasDeniedBefore(tx: Db, subscriberId: string, at: Date): Promise<boolean> {
  const { denied } = await tx.one<{ denied: boolean }>(
    `select exists (select from feedback_events
       where subscriber_id = $1 and kind = 'unavailable' and status = '5.4.1' and words ilike '%access denied%'
         and day < ($2::timestamptz at time zone 'UTC')::date) as denied`,
    [subscriberId, at],
  );
  return denied;
}

/** A mail that came back about a test mail, as a worker read it. */
export async function selectReturnedTest(
  db: Db,
  testId: string,
  since: Date,
): Promise<{ source: string; kind: FeedbackKind } | undefined> {
  return db.maybeOne(
    `select source, kind from feedback_inbox
     where received_at >= $2 and reason = 'test' and issue_id = $1 order by id limit 1`,
    [testId, since],
  );
}

/** Mails came in since then that no worker has read. */
export async function hasUnread(db: Db, since: Date): Promise<boolean> {
  const { has } = await db.one<{ has: boolean }>(
    // The order keeps the planner on the index of mails that are due, whatever it knows of the table.
    `select (select true from feedback_inbox where due_at is not null and received_at >= $1
       order by due_at limit 1) is not null as has`,
    [since],
  );
  return has;
}

/** How many events there ever were. */
export async function selectTotals(
  db: Db,
): Promise<{ kind: FeedbackKind; provider: string; source: string; count: number }[]> {
  return db.query(
    `select kind, provider, source, sum(count)::float8 as count from feedback_totals group by kind, provider, source`,
  );
}

/** Seconds for which the oldest mail has waited that no worker has read. Of more than 10,000 mails, it looks at those due first. */
export async function selectOldestUnread(db: Db): Promise<number> {
  const { seconds } = await db.one<{ seconds: number }>(
    `select coalesce(extract(epoch from now() - min(received_at)), 0)::float8 as seconds
     from (select received_at from feedback_inbox where due_at is not null order by due_at limit 10000) unread`,
  );
  return Math.max(0, seconds);
}

export async function deleteOldMails(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  return db.change(
    `delete from feedback_inbox where id in (select id from feedback_inbox
       where received_at < $1 and due_at is null order by received_at limit $2)`,
    [before, limit],
  );
}

export async function clearOldWords(
  db: Db,
  { before, limit }: { before: Date; limit: number },
): Promise<number> {
  return db.change(
    `update feedback_events e set words = null from (select issue_id, subscriber_id, kind, day from feedback_events
       where words is not null and at < $1 order by at limit $2) old
     where e.issue_id = old.issue_id and e.subscriber_id = old.subscriber_id and e.kind = old.kind and e.day = old.day`,
    [before, limit],
  );
}

/** What an erasure removes: mails and words that name the person. */
export async function clearAbout(tx: Db, subscriberId: string): Promise<void> {
  await tx.change('delete from feedback_inbox where subscriber_id = $1', [subscriberId]);
  await tx.change('update feedback_events set words = null where subscriber_id = $1', [subscriberId]);
}
