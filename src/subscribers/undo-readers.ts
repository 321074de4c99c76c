// The SQL of taking back what an import did to readers. src/people/undo-import.ts decides; these statements
// apply it.
import type { Db } from '../db.js';
import { pending } from './subscriptions.js';

/**
 * Which of these subscriptions have a consent record that is later than the import's own last one. Reminders
 * and the records of this undo do not count: the readers did not make them.
 */
export async function selectActedSince(
  tx: Db,
  { importId, subscriptionIds }: { importId: string; subscriptionIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(
    `select asked.id from unnest($2::bigint[]) as asked (id)
     where (select true from consents c
       where c.subscription_id = asked.id and c.event <> 'reminded'
         and c.detail ->> 'undoneImportId' is distinct from $1::text and c.id >
           (select max(o.id) from consents o where o.subscription_id = asked.id
              and o.event = 'imported' and o.detail ->> 'importId' = $1::text) limit 1) is not null`,
    [importId, subscriptionIds],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Which of these subscriptions still exist; they stay locked until the transaction ends. */
export async function lockSubscriptions(tx: Db, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(
    'select id from subscriptions where id = any ($1::bigint[]) order by id for update',
    [ids],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Deletes subscriptions, and of `subscriberIds` those that have no other; returns how many subscriptions. */
export async function removeSubscriptions(
  tx: Db,
  { ids, subscriberIds }: { ids: readonly string[]; subscriberIds: readonly string[] },
): Promise<number> {
  const removed = await tx.change('delete from subscriptions where id = any ($1::bigint[])', [ids]);
  await tx.change(
    `delete from subscribers r where r.id = any ($1::bigint[])
       and not exists (select from subscriptions s where s.subscriber_id = r.id)`,
    [subscriberIds],
  );
  return removed;
}

/** The state of a subscription before an import, with timestamps as PostgreSQL writes them. */
export interface EarlierState {
  id: string;
  confirmedAt: string | null;
  unsubscribedAt: string | null;
  expiredAt: string | null;
}

/**
 * Puts subscriptions back into an earlier state, with a consent record; returns the ids of those that still
 * exist.
 */
export async function restoreSubscriptions(
  tx: Db,
  { importId, states, now }: { importId: string; states: readonly EarlierState[]; now: Date },
): Promise<string[]> {
  if (states.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `with restored as (
       update subscriptions s set confirmed_at = b.confirmed_at, unsubscribed_at = b.unsubscribed_at,
         expired_at = b.expired_at
       from unnest($2::bigint[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[])
         as b (id, confirmed_at, unsubscribed_at, expired_at)
       where s.id = b.id
       returning s.id
     ), recorded as (
       insert into consents (subscription_id, event, at, via, detail)
       select id, 'changed', $6, 'import', jsonb_build_object('undoneImportId', $1::text) from restored
     )
     select id from restored`,
    [
      importId,
      states.map(({ id }) => id),
      states.map(({ confirmedAt }) => confirmedAt),
      states.map(({ unsubscribedAt }) => unsubscribedAt),
      states.map(({ expiredAt }) => expiredAt),
      now,
    ],
  );
  return rows.map(({ id }) => id);
}

/** Ends subscriptions in the name of the undo, not of their readers. */
export async function endForUndo(
  tx: Db,
  { importId, ids, now }: { importId: string; ids: readonly string[]; now: Date },
): Promise<void> {
  await tx.change(
    // The record has the instant of the row: endedByUndo compares the two.
    `with ended as (
       update subscriptions s set unsubscribed_at = greatest(s.requested_at, $3)
       where s.id = any ($2::bigint[]) and (s.unsubscribed_at is null or (${pending}))
       returning s.id, s.unsubscribed_at as at
     )
     insert into consents (subscription_id, event, at, via, detail)
     select id, 'unsubscribed', at, 'import', jsonb_build_object('undoneImportId', $1::text) from ended`,
    [importId, ids, now],
  );
}

/**
 * Gives subscribers the name `was` back, unless it has changed from `is` since; returns whose name changed.
 */
export async function restoreNames(
  tx: Db,
  names: readonly { subscriberId: string; was: string | null; is: string | null }[],
): Promise<string[]> {
  if (names.length === 0) return [];
  const rows = await tx.query<{ id: string }>(
    `update subscribers r set name = n.was
     from unnest($1::bigint[], $2::text[], $3::text[]) as n (id, was, known)
     where r.id = n.id and r.name is not distinct from n.known
     returning r.id`,
    [names.map(({ subscriberId }) => subscriberId), names.map(({ was }) => was), names.map(({ is }) => is)],
  );
  return rows.map(({ id }) => id);
}

/**
 * Lifts the suppressions that an import made for these subscribers, if nothing else wants them; returns how
 * many.
 */
export async function liftSuppressions(
  tx: Db,
  { importId, subscriberIds }: { importId: string; subscriberIds: readonly string[] },
): Promise<number> {
  return tx.change(
    `delete from suppressions u using subscribers r
     where r.id = any ($2::bigint[]) and u.address_hash = r.address_hash and u.import_id = $1`,
    [importId, subscriberIds],
  );
}
