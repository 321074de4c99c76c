// The ledger as workers change it: claim, record, release, abandon.
import type { Db } from '../db.js';

export interface Claimed {
  subscriberId: string;
  subscriptionId: string;
  variantId: string;
  address: string;
  /** The reader's setting now, not at the fan-out. */
  plainText: boolean;
  /** The reader agreed that clicks are counted. */
  agreed: boolean;
  attempts: number;
  state: 'sending' | 'excluded';
}

/** The values that are written for one delivery after its hand-over. */
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
  /** The relay's id of the message, for relays that report by webhook. */
  relayId?: string | null;
}

/** A reader's domain, '' if erased. A scalar subquery, so that no plan reads all subscribers for a few. */
export const domainOf = (delivery: string): string =>
  `coalesce((select domain from subscribers where id = ${delivery}.subscriber_id), '')`;

/** The statement of `turn`. $1 to $4 and $14 are the claim, $5 to $13 and $15 the ends. */
const turnStatement = `with ended as (
     select * from unnest($5::bigint[], $6::text[], $7::smallint[], $8::timestamptz[], $9::text[], $10::text[],
       $11::smallint[], $12::text[], $13::text[], $15::text[])
       as e (subscriber_id, state, attempt, due_at, relay, stage, code, reply, reason, relay_id)
   ), told as (
     insert into attempts (issue_id, subscriber_id, attempt, relay, outcome, stage, reply_code, reply)
     select $1::bigint, subscriber_id, attempt, relay, state, stage, code, reply from ended where state <> 'accepted'
     on conflict (issue_id, subscriber_id, attempt) do update
       set outcome = excluded.outcome, stage = excluded.stage, reply_code = excluded.reply_code,
         reply = excluded.reply, relay = excluded.relay, at = now()
   ), recorded as (
     update deliveries d set state = e.state, due_at = e.due_at, reply_code = e.code, reply = e.reply,
       reason = e.reason, relay_id = e.relay_id, worker_id = null, changed_at = now(),
       -- The relay was in trouble, not this reader: the try does not count, unless a reason is given.
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
     s.tracking_agreed_at is not null as agreed, d.attempts, d.state`;

/**
 * One turn of a delivery worker: writes how the last lot's hand-overs ended, and claims the next lot. One
 * statement, so that a lot costs one round trip and one commit.
 *
 * Claims up to `limit` queued deliveries of a batch. The intent is committed before the relay hears anything.
 * Readers who unsubscribed or were suppressed since the fan-out are excluded here, at the last moment before
 * the hand-over. Nothing is claimed of an issue that is paused or cancelled, nor of readers whose provider
 * asked for less.
 *
 * An end is also written if the sweep made the row uncertain meanwhile: the worker was slow, not dead, and
 * knows better. An end is written once: repeated after an unseen commit, it no longer matches a row of this
 * try and worker.
 *
 * The "= any" conditions repeat the others. Without them a planner with few statistics about a young issue
 * joins the lot to the whole issue at each turn: 5 ms at 20,000 readers, instead of 0.5 ms at any number.
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
    turnStatement,
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
      ends.map((end) => end.relayId ?? null),
    ],
    // Planning it takes as long as running it.
    { name: 'delivery-turn', plan: 'generic' },
  );
}

interface Hold {
  issueId: string;
  batch: number;
  workerId: string;
}

/**
 * Releases the deliveries of a turn whose commit got no answer, because the connection broke. No relay has
 * seen them. The caller has no other lot of the batch.
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

/**
 * Puts back into the queue what a dead worker had claimed and not begun to hand over: all but `inFlight`. No
 * relay heard of these.
 */
export async function releaseNotBegun(
  db: Db,
  workerId: string,
  inFlight: readonly { issueId: string; subscriberId: string }[],
): Promise<number> {
  return db.change(
    `with released as (
       update deliveries d set state = 'queued', reason = null, worker_id = null, attempts = d.attempts - 1,
         changed_at = now()
       from issues i
       where i.id = d.issue_id and i.finished_at is null and d.worker_id = $1
         and (d.state = 'sending' or (d.state = 'uncertain' and d.reason = 'worker-died'))
         and not exists (select from unnest($2::bigint[], $3::bigint[]) f (issue_id, subscriber_id)
           where f.issue_id = d.issue_id and f.subscriber_id = d.subscriber_id)
       returning d.issue_id, d.subscriber_id, d.attempts + 1 as attempt
     ), untold as (
       delete from attempts a using released r
       where a.issue_id = r.issue_id and a.subscriber_id = r.subscriber_id and a.attempt = r.attempt
     )
     select from released`,
    [workerId, inFlight.map(({ issueId }) => issueId), inFlight.map(({ subscriberId }) => subscriberId)],
  );
}

/** The same try may exist already: one that met a relay in trouble, and did not count. */
const unanswered = `on conflict (issue_id, subscriber_id, attempt) do update
  set outcome = excluded.outcome, stage = excluded.stage, relay = '', reply_code = null, reply = null, at = now()`;

/** A living worker lost a lot to an error of its own. No other worker would ever look at it. */
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

/**
 * Makes uncertain what dead workers were handing over: the relay may or may not have accepted it. No machine
 * sends an uncertain delivery again. A worker is dead after `silence` milliseconds without a sign of life, if
 * another worker could be heard all that time. If none could, the database was away, and all of them live.
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
