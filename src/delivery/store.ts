// The ledger's rows: claim, record, recover, finish.
import type { Db } from '../db.js';
import type { IssueTimes } from '../issues/status.js';

export type DeliveryState =
  | 'queued'
  | 'sending'
  | 'accepted'
  | 'deferred'
  | 'refused'
  | 'uncertain'
  | 'bounced'
  | 'complained'
  | 'excluded';

export interface Claimed {
  subscriberId: string;
  subscriptionId: string;
  variantId: string;
  address: string;
  /** What the reader wants now, whatever they wanted at the fan-out. */
  plainText: boolean;
  attempts: number;
  state: 'sending' | 'excluded';
}

/** What is to be written of one delivery after its hand-over. */
export interface Recorded {
  subscriberId: string;
  state: 'accepted' | 'deferred' | 'refused' | 'uncertain' | 'queued';
  attempt: number;
  dueAt: Date | null;
  relay: string;
  stage: string;
  code: number | null;
  reply: string | null;
  reason: string | null;
}

export interface VariantRow {
  id: string;
  issueId: string;
  newsletterId: string;
  slug: string;
  fromName: string;
  fromAddress: string;
  replyTo: string | null;
  subject: string;
  html: string;
  text: string;
  date: Date;
}

/** A reader's domain, '' if erased. A scalar, so that no plan ever reads all subscribers for a few. */
const domainOf = (delivery: string): string =>
  `coalesce((select domain from subscribers where id = ${delivery}.subscriber_id), '')`;

/**
 * One turn of a delivery worker, in one statement, so that a lot costs one round trip and one commit: writes how the
 * last lot's hand-overs ended, and claims the next.
 *
 * Claims up to `limit` queued deliveries of a batch. The intent is committed before anything is said to the relay.
 * Whoever unsubscribed or was suppressed since the fan-out is excluded here, at the last moment before the hand-over.
 * Nothing is claimed of an issue that is paused or cancelled, nor of readers whose provider asked for less.
 *
 * An end is written also where the sweep meanwhile called the row uncertain: the worker was slow, not dead, and knows.
 * It is written once: said again, after a commit that nobody saw, it finds the row no longer this try of this worker's.
 *
 * The "= any" conditions say nothing new. Without them a planner that knows little of a young issue joins the lot to
 * the whole of it, at each turn: 5 ms at 20,000 readers, instead of 0.5 ms at any number.
 */
export async function turn(
  db: Db,
  claim: {
    issueId: string;
    batch: number;
    limit: number;
    workerId: string;
    /** Readers at these domains stay queued. */
    notDomains: readonly string[];
  },
  ends: readonly Recorded[],
): Promise<Claimed[]> {
  return db.query(
    `with ended as (
       select * from unnest($5::bigint[], $6::text[], $7::smallint[], $8::timestamptz[], $9::text[], $10::text[],
         $11::smallint[], $12::text[], $13::text[])
         as e (subscriber_id, state, attempt, due_at, relay, stage, code, reply, reason)
     ), told as (
       insert into attempts (issue_id, subscriber_id, attempt, relay, outcome, stage, reply_code, reply)
       select $1::bigint, subscriber_id, attempt, relay, state, stage, code, reply from ended where state <> 'accepted'
       on conflict (issue_id, subscriber_id, attempt) do update
         set outcome = excluded.outcome, stage = excluded.stage, reply_code = excluded.reply_code,
           reply = excluded.reply, relay = excluded.relay, at = now()
     ), recorded as (
       update deliveries d set state = e.state, due_at = e.due_at, reply_code = e.code, reply = e.reply,
         reason = e.reason, worker_id = null, changed_at = now(),
         -- The relay was in trouble, not this reader: the try does not count, unless a reason says so.
         attempts = case when e.state = 'queued' and e.reason is null then d.attempts - 1 else d.attempts end
       from ended e
       where d.issue_id = $1 and d.subscriber_id = any ($5) and d.subscriber_id = e.subscriber_id
         and d.state in ('sending', 'uncertain') and d.worker_id = $4 and d.attempts = e.attempt
     ), lot as materialized (
       select d.subscriber_id, d.subscription_id from deliveries d
       where d.issue_id = $1 and d.batch = $2 and d.state = 'queued'
         and exists (select from issues i where i.id = $1 and i.paused_at is null and i.cancelled_at is null)
         and ($14::text[] = '{}' or ${domainOf('d')} <> all ($14))
       limit $3 for update of d skip locked
     )
     update deliveries d set
       state = case when left_now.reason is null then 'sending' else 'excluded' end,
       reason = left_now.reason,
       worker_id = case when left_now.reason is null then $4::bigint end,
       attempts = d.attempts + case when left_now.reason is null then 1 else 0 end,
       first_try_at = coalesce(d.first_try_at, case when left_now.reason is null then now() end),
       changed_at = now()
     from lot
       left join subscribers r on r.id = lot.subscriber_id
       left join subscriptions s on s.id = lot.subscription_id
       left join suppressions u on u.address_hash = r.address_hash,
       lateral (select case
         when r.id is null then 'erased'
         when s.id is null or s.unsubscribed_at is not null or s.confirmed_at is null then 'unsubscribed'
         when u.address_hash is not null then 'suppressed' end as reason
       ) left_now
     where d.issue_id = $1 and d.subscriber_id = any (array(select subscriber_id from lot))
       and d.subscriber_id = lot.subscriber_id
     returning d.subscriber_id, d.subscription_id, d.variant_id, r.address, coalesce(s.plain_text, false) as plain_text,
       d.attempts, d.state`,
    [
      claim.issueId,
      claim.batch,
      claim.limit,
      claim.workerId,
      ends.map((end) => end.subscriberId),
      ends.map((end) => end.state),
      ends.map((end) => end.attempt),
      ends.map((end) => end.dueAt),
      ends.map((end) => end.relay),
      ends.map((end) => end.stage),
      ends.map((end) => end.code),
      ends.map((end) => end.reply),
      ends.map((end) => end.reason),
      claim.notDomains,
    ],
    // To plan it takes as long as to run it.
    { name: 'delivery-turn', plan: 'generic' },
  );
}

interface Hold {
  issueId: string;
  batch: number;
  workerId: string;
}

/**
 * Gives back what a turn claimed without the worker hearing of it: its commit was the last before the connection broke.
 * Nothing was said of these to a relay. The caller works on no other lot of the batch.
 */
export async function release(db: Db, { issueId, batch, workerId }: Hold): Promise<number> {
  return db.change(
    `with released as (
       update deliveries set state = 'queued', reason = null, worker_id = null, attempts = attempts - 1,
         changed_at = now()
       where issue_id = $1 and batch = $2 and worker_id = $3
         and (state = 'sending' or (state = 'uncertain' and reason = 'worker-died'))
       returning issue_id, subscriber_id, attempts + 1 as attempt
     ), untold as (
       delete from attempts a using released r
       where a.issue_id = r.issue_id and a.subscriber_id = r.subscriber_id and a.attempt = r.attempt
     )
     select from released`,
    [issueId, batch, workerId],
  );
}

/** The same try may be there already, as one that met a relay in trouble, which did not count. */
const unanswered = `on conflict (issue_id, subscriber_id, attempt) do update
  set outcome = excluded.outcome, stage = excluded.stage, relay = '', reply_code = null, reply = null, at = now()`;

/** A worker that goes on living lost track of a lot, by a fault of its own: nobody else would ever look at it. */
export async function abandonLot(db: Db, { issueId, batch, workerId }: Hold): Promise<void> {
  await db.query(
    `with lost as (
       update deliveries set state = 'uncertain', reason = 'worker-failed', changed_at = now()
       where issue_id = $1 and batch = $2 and worker_id = $3 and state = 'sending'
       returning issue_id, subscriber_id, attempts
     )
     insert into attempts (issue_id, subscriber_id, attempt, relay, outcome, stage)
     select issue_id, subscriber_id, attempts, '', 'uncertain', 'worker-failed' from lost
     ${unanswered}`,
    [issueId, batch, workerId],
  );
}

export async function selectVariant(db: Db, id: string): Promise<VariantRow | undefined> {
  return db.maybeOne(
    `select v.id, v.issue_id, n.id as newsletter_id, n.slug, n.from_name, n.from_address, n.reply_to, v.subject, v.html,
       v.text, coalesce(i.fanned_out_at, i.frozen_at) as date
     from variants v join issues i on i.id = v.issue_id join newsletters n on n.id = i.newsletter_id
     where v.id = $1`,
    [id],
  );
}

/** What a batch needs to know of its issue. */
export interface Work {
  retryUntil: Date | null;
  resumedAt: Date | null;
  /** Of the sender. */
  fromDomain: string;
}

export async function selectWork(db: Db, issueId: string): Promise<Work | undefined> {
  return db.maybeOne(
    `select i.retry_until, i.resumed_at, lower(split_part(n.from_address, '@', 2)) as from_domain
     from issues i join newsletters n on n.id = i.newsletter_id where i.id = $1`,
    [issueId],
  );
}

export async function insertWorker(db: Db, host: string, pid: number): Promise<string> {
  const { id } = await db.one<{ id: string }>(
    'insert into delivery_workers (host, pid) values ($1, $2) returning id',
    [host, pid],
  );
  return id;
}

/** A sign of life. started_at says since when they came without a gap of `gap` milliseconds. */
export async function touchWorker(db: Db, id: string, gap: number): Promise<void> {
  await db.query(
    `update delivery_workers set seen_at = now(),
       started_at = case when seen_at < now() - $2 * interval '1 millisecond' then now() else started_at end
     where id = $1`,
    [id, gap],
  );
}

export async function endWorker(db: Db, id: string): Promise<void> {
  await db.query('update delivery_workers set ended_at = now() where id = $1 and ended_at is null', [id]);
}

/** Calls workers of this host that no longer run ended, given the pids that do. */
export async function endWorkersOfPid(db: Db, host: string, pid: number): Promise<void> {
  await db.query(
    'update delivery_workers set ended_at = now() where host = $1 and pid = $2 and ended_at is null',
    [host, pid],
  );
}

/**
 * What a dead worker was handing over may or may not have been taken: uncertain, which no machine sends again.
 * `silence` in milliseconds without a sign of life. Silence says something only while another worker could be heard all
 * that time: when the database was away, nobody could, and all of them live.
 */
export async function abandonDeadWorkers(db: Db, silence: number): Promise<number> {
  return db.change(
    `with dead as (
       select id from delivery_workers
       where ended_at is not null or (seen_at < now() - $1 * interval '1 millisecond' and exists (
         select from delivery_workers witness where witness.ended_at is null
           and witness.seen_at >= now() - $1 * interval '1 millisecond'
           and witness.started_at < now() - $1 * interval '1 millisecond'))
     ), lost as (
       update deliveries d set state = 'uncertain', reason = 'worker-died', changed_at = now()
       from issues i, dead
       where i.id = d.issue_id and i.finished_at is null and d.state = 'sending' and d.worker_id = dead.id
       returning d.issue_id, d.subscriber_id, d.attempts
     )
     insert into attempts (issue_id, subscriber_id, attempt, relay, outcome, stage)
     select issue_id, subscriber_id, attempts, '', 'uncertain', 'worker-died' from lost
     ${unanswered}`,
    [silence],
  );
}

/** Workers that showed a sign of life within `silence` milliseconds. */
export async function countLivingWorkers(db: Db, silence: number): Promise<number> {
  const { count } = await db.one<{ count: number }>(
    `select count(*)::int as count from delivery_workers
     where ended_at is null and seen_at > now() - $1 * interval '1 millisecond'`,
    [silence],
  );
  return count;
}

/** The timestamps of each issue that is not over. */
export async function selectUnderWay(db: Db): Promise<IssueTimes[]> {
  return db.query(
    `select frozen_at, approved_at, fanned_out_at, paused_at, cancelled_at, finished_at, skipped_at from issues
     where finished_at is null and cancelled_at is null and skipped_at is null`,
  );
}

/** Forgets workers that ended and hold nothing. */
export async function forgetWorkers(db: Db): Promise<void> {
  await db.query(
    `delete from delivery_workers w
     where (ended_at < now() - interval '1 day' or seen_at < now() - interval '2 days')
       and not exists (select from deliveries d, issues i
         where i.finished_at is null and d.issue_id = i.id and d.state = 'sending' and d.worker_id = w.id)`,
  );
}

/** Issues with deliveries to do: fanned out, and not at an end. */
export async function selectSending(db: Db): Promise<{ id: string; stopped: boolean; fromDomain: string }[]> {
  return db.query(
    `select i.id, i.paused_at is not null as stopped,
       lower(split_part(n.from_address, '@', 2)) as from_domain
     from issues i join newsletters n on n.id = i.newsletter_id
     where i.fanned_out_at is not null and i.finished_at is null and i.cancelled_at is null order by i.id`,
  );
}

/** Opens issues again that a worker taken for dead has given something back to. */
export async function reopen(db: Db): Promise<number> {
  return db.change(
    `update issues i set finished_at = null
     where finished_at > now() - interval '1 day' and cancelled_at is null
       and (exists (select from deliveries where issue_id = i.id and state = 'queued')
         or exists (select from deliveries where issue_id = i.id and state = 'deferred'))`,
  );
}

/** Puts the due deferrals of an issue into a new batch and returns its number, or undefined if none is due. */
export async function requeueDue(db: Db, issueId: string): Promise<number | undefined> {
  const row = await db.maybeOne<{ batches: number }>(
    `with next as (
       update issues set batches = batches + 1
       where id = $1 and exists (select from deliveries where issue_id = $1 and state = 'deferred' and due_at <= now())
       returning batches
     ), again as (
       update deliveries set state = 'queued', batch = next.batches, due_at = null, changed_at = now()
       from next where issue_id = $1 and state = 'deferred' and due_at <= now()
     )
     select batches from next`,
    [issueId],
  );
  return row?.batches;
}

/**
 * Puts deliveries in `state` into a new batch, and opens the issue again. Not those whose readers get the posts with
 * their next issue.
 */
export async function requeueState(
  tx: Db,
  issueId: string,
  state: 'refused' | 'uncertain',
  retryUntil: Date,
): Promise<number> {
  const { batches } = await tx.one<{ batches: number }>(
    'update issues set batches = batches + 1 where id = $1 returning batches',
    [issueId],
  );
  const changed = await tx.change(
    `update deliveries set state = 'queued', batch = $3, reason = null, due_at = null, changed_at = now()
     where issue_id = $1 and state = $2 and returned_at is null`,
    [issueId, state, batches],
  );
  if (changed > 0)
    await tx.query('update issues set finished_at = null, retry_until = $2 where id = $1', [
      issueId,
      retryUntil,
    ]);
  return changed;
}

/** The lowest batches that still have something queued, readers at `notDomains` aside. */
export async function selectOpenBatches(
  db: Db,
  issueId: string,
  limit: number,
  notDomains: readonly string[],
): Promise<number[]> {
  const claimable = `d.issue_id = $1 and d.state = 'queued'
    and ($3::text[] = '{}' or ${domainOf('d')} <> all ($3))`;
  const rows = await db.query<{ batch: number }>(
    `with recursive open (batch) as (
       (select d.batch from deliveries d where ${claimable} order by d.batch limit 1)
       union all
       select (select d.batch from deliveries d where ${claimable} and d.batch > open.batch order by d.batch limit 1)
       from open where open.batch is not null
     )
     select batch from open where batch is not null limit $2`,
    [issueId, limit, notDomains],
  );
  return rows.map((row) => row.batch);
}

export async function selectHighestBatch(db: Db, issueId: string): Promise<number> {
  return (
    (await db.maybeOne<{ batches: number }>('select batches from issues where id = $1', [issueId]))
      ?.batches ?? 0
  );
}

export type StateCounts = Partial<Record<DeliveryState, number>>;

/** Counted in the ledger itself, with what is left of deliveries that are forgotten: some 200 ms for a million. What is shown comes from issue_counts. */
export async function selectCounts(db: Db, issueId: string): Promise<StateCounts> {
  const rows = await db.query<{ state: DeliveryState; count: number }>(
    `select state, sum(count)::int as count from (
       select state, count(*) from deliveries where issue_id = $1 group by state
       union all select state, count from delivery_totals where issue_id = $1) counted
     group by state`,
    [issueId],
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
}

/** True if nothing of the issue is queued, deferred or on its way. */
export async function isWorkedThrough(db: Db, issueId: string): Promise<boolean> {
  const { open } = await db.one<{ open: boolean }>(
    `select exists (select from deliveries where issue_id = $1 and state = 'queued')
       or exists (select from deliveries where issue_id = $1 and state = 'deferred')
       or exists (select from deliveries where issue_id = $1 and state = 'sending') as open`,
    [issueId],
  );
  return !open;
}

export async function markFinished(db: Db, issueId: string): Promise<boolean> {
  return (
    (await db.change(
      `update issues set finished_at = now()
       where id = $1 and fanned_out_at is not null and finished_at is null and cancelled_at is null`,
      [issueId],
    )) === 1
  );
}

/** Marks the issue cancelled, unless it has finished. */
export async function markCancelled(tx: Db, issueId: string): Promise<boolean> {
  return (
    (await tx.change(
      `update issues set cancelled_at = now()
       where id = $1 and cancelled_at is null and finished_at is null and skipped_at is null`,
      [issueId],
    )) === 1
  );
}

export interface DeliveryRow {
  issueId: string;
  subscriberId: string;
  /** null: the subscriber was erased. */
  address: string | null;
  state: DeliveryState;
  attempts: number;
  dueAt: Date | null;
  firstTryAt: Date | null;
  changedAt: Date | null;
  replyCode: number | null;
  reply: string | null;
  reason: string | null;
}

const deliveryColumns = `d.issue_id, d.subscriber_id, r.address, d.state, d.attempts, d.due_at, d.first_try_at,
  d.changed_at, d.reply_code, d.reply, d.reason`;

export async function selectDeliveries(
  db: Db,
  query: { issueId: string; state: string | null; after: string; limit: number },
): Promise<DeliveryRow[]> {
  return db.query(
    `select ${deliveryColumns} from deliveries d left join subscribers r on r.id = d.subscriber_id
     where d.issue_id = $1 and ($2::text is null or d.state = $2) and d.subscriber_id > $3
     order by d.subscriber_id limit $4`,
    [query.issueId, query.state, query.after, query.limit],
  );
}

export async function selectDelivery(
  db: Db,
  issueId: string,
  subscriberId: string,
): Promise<(DeliveryRow & { variantId: string; subscriptionId: string; plainText: boolean }) | undefined> {
  return db.maybeOne(
    `select ${deliveryColumns}, d.variant_id, d.subscription_id, coalesce(s.plain_text, false) as plain_text
     from deliveries d left join subscribers r on r.id = d.subscriber_id
     left join subscriptions s on s.id = d.subscription_id
     where d.issue_id = $1 and d.subscriber_id = $2`,
    [issueId, subscriberId],
  );
}

export interface AttemptRow {
  attempt: number;
  at: Date;
  relay: string;
  outcome: string;
  stage: string;
  replyCode: number | null;
  reply: string | null;
}

export async function selectAttempts(db: Db, issueId: string, subscriberId: string): Promise<AttemptRow[]> {
  return db.query(
    `select attempt, at, relay, outcome, stage, reply_code, reply from attempts
     where issue_id = $1 and subscriber_id = $2 order by attempt`,
    [issueId, subscriberId],
  );
}

/** Variants of an issue, the one with the most readers first. */
export async function selectMainVariant(db: Db, issueId: string): Promise<string | undefined> {
  const row = await db.maybeOne<{ id: string }>(
    `select v.id from variants v where v.issue_id = $1
     order by (select count(*) from deliveries d where d.issue_id = $1 and d.variant_id = v.id) desc, v.id limit 1`,
    [issueId],
  );
  return row?.id;
}
