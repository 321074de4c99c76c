// The ledger of deliveries, for other features: those that show it, that change a person, and that restore a
// database.
import type { Db } from '../db.js';
import { keepToIndexes } from '../postgres/keep-to-indexes.js';
import type { DeliveryState } from './counts.js';

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

/** The address by a look at each row: the planner cannot read all subscribers instead. */
const deliveryColumns = `d.issue_id, d.subscriber_id, (select r.address from subscribers r where r.id = d.subscriber_id) as address,
  d.state, d.attempts, d.due_at, d.first_try_at, d.changed_at, d.reply_code, d.reply, d.reason`;

/** How many deliveries a look takes, of which few may be in a state. */
const looked = 20_000;

const troubled = `state not in ('queued', 'sending', 'accepted')`;

/**
 * The deliveries of an issue in one state after the subscriber $2, or all of them. Each has one index in its order: a
 * queued one stands where its batch does, and those under way are few. An accepted one has no index, because each message
 * would enter it: those are found among the next ones of the issue.
 */
function pageSource(state: DeliveryState | null): string {
  const ofIssue = 'select * from deliveries where issue_id = $1';
  switch (state) {
    case null:
      return `${ofIssue} and subscriber_id > $2 order by issue_id, subscriber_id limit $3`;
    case 'queued':
      return `${ofIssue} and state = 'queued' and (batch, subscriber_id) > (coalesce((select batch from deliveries
          where issue_id = $1 and subscriber_id = $2), 0), $2) order by issue_id, batch, subscriber_id limit $3`;
    case 'sending':
      return `select * from (${ofIssue} and state = 'sending' offset 0) under_way where subscriber_id > $2
        order by subscriber_id limit $3`;
    case 'accepted':
      return `select * from (${ofIssue} and subscriber_id > $2 order by issue_id, subscriber_id limit ${looked}) next
        where state = 'accepted' limit $3`;
    default:
      return `${ofIssue} and state = '${state}' and ${troubled} and subscriber_id > $2
        order by issue_id, state, subscriber_id limit $3`;
  }
}

/**
 * At most `limit` deliveries after the subscriber `after`. `lookedTo`: others may follow this subscriber, though the page
 * is not full. Without statistics the planner would sort a million rows (1.5 to 3 s): it has no choice.
 */
export async function selectDeliveries(
  db: Db,
  query: { issueId: string; state: DeliveryState | null; after: string; limit: number },
): Promise<{ rows: DeliveryRow[]; lookedTo: string | null }> {
  const { issueId, state, after, limit } = query;
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    // The index has the batches in order, and a batch is soon sorted. The order of the others is their index's.
    if (state === 'queued') await tx.query('set local enable_incremental_sort = on');
    const rows = await tx.query<DeliveryRow>(`select ${deliveryColumns} from (${pageSource(state)}) d`, [
      issueId,
      after,
      limit,
    ]);
    if (state !== 'accepted' || rows.length === limit) return { rows, lookedTo: null };
    const last = await tx.maybeOne<{ id: string }>(
      `select subscriber_id as id from deliveries where issue_id = $1 and subscriber_id > $2
       order by issue_id, subscriber_id offset ${looked - 1} limit 1`,
      [issueId, after],
    );
    return { rows, lookedTo: last?.id ?? null };
  });
}

/** The deliveries of these subscribers, in any order. */
export async function selectDeliveriesOf(
  db: Db,
  issueId: string,
  subscriberIds: readonly string[],
): Promise<DeliveryRow[]> {
  return db.query(
    `select ${deliveryColumns} from deliveries d where d.issue_id = $1 and d.subscriber_id = any ($2)`,
    [issueId, subscriberIds],
  );
}

export interface TroubledRow {
  subscriberId: string;
  state: 'refused' | 'deferred' | 'uncertain' | 'bounced';
  reason: string | null;
  replyCode: number | null;
  reply: string | null;
  dueAt: Date | null;
  /** The reader gets the posts with the next issue. */
  returned: boolean;
}

/**
 * The first deliveries in each troubled state, at most `each`: deliveries_troubled has them in this order, so an
 * issue with a million refusals costs no more (2 ms for 1,000 of 300,000).
 */
export async function selectTroubled(db: Db, issueId: string, each: number): Promise<TroubledRow[]> {
  return db.query(
    `select d.* from unnest(array['refused', 'uncertain', 'bounced', 'deferred']) as wanted (state),
     lateral (
       select subscriber_id, state, reason, reply_code, reply, due_at, returned_at is not null as returned
       from deliveries where issue_id = $1 and deliveries.state = wanted.state
         and deliveries.state not in ('queued', 'sending', 'accepted')
       order by subscriber_id limit $2) d`,
    [issueId, each],
  );
}

export async function selectDelivery(
  db: Db,
  issueId: string,
  subscriberId: string,
): Promise<(DeliveryRow & { variantId: string; subscriptionId: string; plainText: boolean }) | undefined> {
  return db.maybeOne(
    `select ${deliveryColumns}, d.variant_id, d.subscription_id, coalesce(s.plain_text, false) as plain_text
     from deliveries d left join subscriptions s on s.id = d.subscription_id
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

/** A delivery about which something came back, locked. `addressKey` is null: the subscriber was erased. */
export interface DeliveryToJudge {
  issueId: string;
  subscriberId: string;
  state: DeliveryState;
  changedAt: Date | null;
  firstTryAt: Date | null;
  addressKey: string | null;
}

/**
 * Locks the deliveries that exist, in the order of their ids, so that two transactions do not wait for each other. The
 * limit of the look at each keeps the planner from reading all deliveries.
 */
export async function lockDeliveries(
  tx: Db,
  ids: readonly { issueId: string; subscriberId: string }[],
): Promise<DeliveryToJudge[]> {
  if (ids.length === 0) return [];
  return tx.query(
    `select d.issue_id, d.subscriber_id, d.state, d.changed_at, d.first_try_at,
       (select address_key from subscribers where id = d.subscriber_id) as address_key
     from (select distinct issue_id, subscriber_id from unnest($1::bigint[], $2::bigint[]) as w (issue_id, subscriber_id)
       order by 1, 2) w, lateral (select * from deliveries
         where issue_id = w.issue_id and subscriber_id = w.subscriber_id limit 1 for update) d`,
    [ids.map(({ issueId }) => issueId), ids.map(({ subscriberId }) => subscriberId)],
  );
}

/** The delivery of a message that a relay calls by this id. */
export async function findByRelayId(
  db: Db,
  relayId: string,
): Promise<{ issueId: string; subscriberId: string } | undefined> {
  return db.maybeOne(
    'select issue_id, subscriber_id from deliveries where relay_id = $1 order by changed_at desc limit 1',
    [relayId],
  );
}

/** States in which a relay has, or may have, the message. A complaint may follow a bounce. */
const returnsFrom = { bounced: ['accepted', 'uncertain'], complained: ['accepted', 'uncertain', 'bounced'] };

export interface ReturnedMessage {
  issueId: string;
  subscriberId: string;
  state: 'bounced' | 'complained';
  reason: string;
  code: number | null;
  words: string;
  at: Date;
}

/** Records that messages bounced or that their readers complained, at most one of each delivery. */
export async function endReturned<Message extends ReturnedMessage>(
  tx: Db,
  returned: readonly Message[],
): Promise<Message[]> {
  const changed = new Set<string>();
  for (const state of ['bounced', 'complained'] as const) {
    const ended = returned.filter((one) => one.state === state);
    if (ended.length === 0) continue;
    const rows = await tx.query<{ issueId: string; subscriberId: string }>(
      `update deliveries d set state = $1, reason = r.reason, reply_code = r.code, reply = r.words, changed_at = r.at
       from unnest($2::bigint[], $3::bigint[], $4::text[], $5::int[], $6::text[], $7::timestamptz[])
         as r (issue_id, subscriber_id, reason, code, words, at)
       where d.issue_id = r.issue_id and d.subscriber_id = r.subscriber_id and d.state = any ($8)
       returning d.issue_id, d.subscriber_id`,
      [
        state,
        ended.map(({ issueId }) => issueId),
        ended.map(({ subscriberId }) => subscriberId),
        ended.map(({ reason }) => reason),
        ended.map(({ code }) => code),
        ended.map(({ words }) => words),
        ended.map(({ at }) => at),
        returnsFrom[state],
      ],
    );
    for (const row of rows) changed.add(`${row.issueId}/${row.subscriberId}`);
  }
  return returned.filter(({ issueId, subscriberId }) => changed.has(`${issueId}/${subscriberId}`));
}

/**
 * The last time that a relay took a message for this subscriber, between these times, and it did not come back.
 * Messages of other states prove nothing.
 */
export async function selectLastAcceptance(
  tx: Db,
  { subscriberId, after, before }: { subscriberId: string; after: Date; before: Date },
): Promise<Date | undefined> {
  const { at } = await tx.one<{ at: Date | null }>(
    `select max(d.changed_at) as at from issues i join deliveries d on d.issue_id = i.id and d.subscriber_id = $1
     where i.fanned_out_at > $2 and d.state = 'accepted' and d.changed_at < $3`,
    [subscriberId, after, before],
  );
  return at ?? undefined;
}

/** Every delivery to one subscriber, with its issue. */
export async function selectDeliveriesTo(db: Db, subscriberId: string): Promise<object[]> {
  return db.query(
    `select d.issue_id, i.newsletter_id, i.number as issue_number, i.subject, i.slot, d.state, d.attempts, d.first_try_at,
       d.changed_at, d.reply_code, d.reply, d.reason
     from issues i join deliveries d on d.issue_id = i.id and d.subscriber_id = $1 order by d.issue_id`,
    [subscriberId],
  );
}

// The join with issues makes each look-up use the primary key (issue, subscriber): there is no index of
// subscribers.

/** Deletes the relays' replies and ids about a subscriber: relays like to quote the address, and know it by the id. */
export async function forgetRepliesTo(tx: Db, subscriberId: string): Promise<void> {
  await tx.change(
    `update attempts a set reply = null from issues i where a.issue_id = i.id and a.subscriber_id = $1`,
    [subscriberId],
  );
  await tx.change(
    `update deliveries d set reply = null, relay_id = null from issues i
     where d.issue_id = i.id and d.subscriber_id = $1 and (d.reply is not null or d.relay_id is not null)`,
    [subscriberId],
  );
}

/** Makes one subscription of a newsletter the owner of another's mail that is not handed over yet. */
export async function moveWaitingDeliveries(
  tx: Db,
  moved: { newsletterId: string; subscriberId: string; from: string; to: string },
): Promise<void> {
  await tx.change(
    `update deliveries d set subscription_id = $4 from issues i
     where i.newsletter_id = $1 and d.issue_id = i.id and d.subscriber_id = $2 and d.subscription_id = $3
       and d.state in ('queued', 'deferred')`,
    [moved.newsletterId, moved.subscriberId, moved.from, moved.to],
  );
}

/**
 * Gives one subscriber the mail that waits for another, except of issues that both get. What was handed over
 * stays under the number that mail programs and relays know.
 */
export async function giveWaitingDeliveries(
  tx: Db,
  { subscriberId, otherId }: { subscriberId: string; otherId: string },
): Promise<void> {
  const moved = `d.issue_id = i.id and d.subscriber_id = $2 and d.state in ('queued', 'deferred')
    and not exists (select from deliveries o where o.issue_id = d.issue_id and o.subscriber_id = $1)`;
  // Earlier attempts carry the other's number, which this delivery loses.
  await tx.change(
    `delete from attempts a using deliveries d, issues i
     where a.issue_id = d.issue_id and a.subscriber_id = d.subscriber_id and ${moved}`,
    [subscriberId, otherId],
  );
  await tx.change(`update deliveries d set subscriber_id = $1 from issues i where ${moved}`, [
    subscriberId,
    otherId,
  ]);
}

/**
 * Excludes the queued mail of these subscribers from a newsletter's issues. The rows are changed, not only
 * locked: a worker whose claim began earlier finds them changed and skips them.
 */
export async function excludeQueued(
  tx: Db,
  excluded: { newsletterId: string; subscriberIds: readonly string[]; now: Date },
): Promise<void> {
  await tx.change(
    `update deliveries d set state = 'excluded', reason = 'unsubscribed', changed_at = $3
     from unnest($2::bigint[]) as gone (subscriber_id), issues i
     where i.newsletter_id = $1 and i.fanned_out_at is not null and i.finished_at is null and i.cancelled_at is null
       and d.issue_id = i.id and d.subscriber_id = gone.subscriber_id and d.state = 'queued'`,
    [excluded.newsletterId, excluded.subscriberIds, excluded.now],
  );
}

/**
 * Which of these subscribers a newsletter has mailed, or may have mailed, since a time. If the deliveries of
 * an issue have been forgotten, everybody may have had it.
 */
export async function selectMailed(
  tx: Db,
  asked: { newsletterId: string; since: Date; subscriberIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(
    `with mailings as materialized (
       select i.id, i.deliveries_forgotten_at is not null as forgotten from issues i
       where i.newsletter_id = $1 and i.fanned_out_at > $2
     )
     -- With a limit, as the planner would hash all deliveries otherwise.
     select asked.id from unnest($3::bigint[]) as asked (id)
     where (select true from mailings m left join deliveries d on d.issue_id = m.id and d.subscriber_id = asked.id
       where m.forgotten or d.state not in ('queued', 'excluded') limit 1) is not null`,
    [asked.newsletterId, asked.since, asked.subscriberIds],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Which of these subscribers had mail that bounced, or complained about mail. */
export async function selectBounced(tx: Db, subscriberIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(
    `select asked.id from unnest($1::bigint[]) as asked (id)
     where (select true from issues i join deliveries d on d.issue_id = i.id and d.subscriber_id = asked.id
       where d.state in ('bounced', 'complained') limit 1) is not null`,
    [subscriberIds],
  );
  return new Set(rows.map(({ id }) => id));
}

/**
 * Calls the open deliveries of these issues uncertain: most likely they were handed over in the time that the
 * database has lost. No machine sends an uncertain delivery again.
 */
export async function callUncertain(tx: Db, issueIds: readonly string[]): Promise<void> {
  await tx.query(
    `update deliveries set state = 'uncertain', reason = 'restored', worker_id = null, due_at = null, changed_at = now()
     where issue_id = any ($1) and state in ('queued', 'deferred', 'sending')`,
    [issueIds],
  );
}
