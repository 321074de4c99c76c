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

/** The oldest mail that is due, locked. Other workers take the others. */
export async function claimInboxMail(tx: Db, now: Date): Promise<InboxMail | undefined> {
  return tx.maybeOne(
    `select id, source, recipient, raw, received_at, attempts from feedback_inbox
     where due_at <= $1 order by due_at, id limit 1 for update skip locked`,
    [now],
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

export async function concludeMail(tx: Db, id: string, ended: Conclusion): Promise<void> {
  await tx.change(
    `update feedback_inbox set due_at = null, kind = $2, result = $3, reason = $4, issue_id = $5, subscriber_id = $6
     where id = $1`,
    [id, ended.kind, ended.result, ended.reason, ended.issueId, ended.subscriberId],
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

/** False: the delivery has an event of this kind and day. */
export async function insertEvent(tx: Db, event: EventRow): Promise<boolean> {
  const { issueId, subscriberId, kind, at, source, provider, status, code, words, forwarded } = event;
  const inserted = await tx.change(
    `with event as (
       insert into feedback_events
         (issue_id, subscriber_id, kind, day, at, source, provider, status, code, words, forwarded)
       values ($1, $2, $3, ($4::timestamptz at time zone 'UTC')::date, $4, $5, $6, $7, $8, $9, $10)
       on conflict do nothing returning kind, provider, source
     )
     insert into feedback_totals as total (kind, provider, source, shard, count)
     select kind, provider, source, pg_backend_pid() % 8, 1 from event
     on conflict (kind, provider, source, shard) do update set count = total.count + 1`,
    [issueId, subscriberId, kind, at, source, provider, status, code, words, forwarded],
  );
  return inserted === 1;
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

export async function countEvents(
  db: Db,
  issueId: string,
): Promise<{ kind: FeedbackKind; provider: string; count: number }[]> {
  return db.query(
    `select kind, provider, count(*)::int as count from feedback_events where issue_id = $1
     group by kind, provider order by kind, provider`,
    [issueId],
  );
}

/** The days after `since` on which a mailbox took nothing. A forwarded hard bounce is one of them. */
export async function countPoints(tx: Db, subscriberId: string, since: Date): Promise<number> {
  const { points } = await tx.one<{ points: number }>(
    `select count(distinct day)::int as points from feedback_events
     where subscriber_id = $1 and at > $2 and (kind in ('full', 'unavailable') or (kind = 'hard' and forwarded))`,
    [subscriberId, since],
  );
  return points;
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
    'select exists (select from feedback_inbox where due_at is not null and received_at >= $1) as has',
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

/** Seconds for which the oldest mail has waited that no worker has read. */
export async function selectOldestUnread(db: Db): Promise<number> {
  const { seconds } = await db.one<{ seconds: number }>(
    `select coalesce(extract(epoch from now() - min(received_at)), 0)::float8 as seconds
     from feedback_inbox where due_at is not null`,
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
