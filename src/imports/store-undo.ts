// The SQL of undoing an import, from its last row to its first. Private to this folder.
import type { Db } from '../db.js';
import type { Undone } from './store.js';
import { forLots } from './store-lot.js';
import { pending } from '../subscribers/subscriptions.js';

/** Asks for an undo, once; false: there is nothing to undo, or it is asked for already. */
export async function requestUndo(db: Db, id: string, now: Date): Promise<boolean> {
  const changed = await db.change(
    `update imports set undo_requested_at = $2, progress_at = null
     where id = $1 and undo_requested_at is null and not dry_run and rows_forgotten_at is null
       and state in ('queued', 'running', 'finished', 'failed')`,
    [id, now],
  );
  return changed === 1;
}

/** Ends an import that was still running when its undo was asked for, and takes the undo up; no row: nothing to do. */
export async function takeUndo(
  db: Db,
  id: string,
  { now, failure }: { now: Date; failure: string },
): Promise<{ undoFrom: number | null; undone: Partial<Undone> } | undefined> {
  return db.maybeOne(
    `with dropped as (delete from import_chunks where import_id = $1 and exists (select from imports
       where id = $1 and undo_requested_at is not null))
     update imports set progress_at = $2,
       state = case when state in ('queued', 'running') then 'failed' else state end,
       failure = case when state in ('queued', 'running') then $3 else failure end,
       finished_at = coalesce(finished_at, $2)
     where id = $1 and undo_requested_at is not null and undone_at is null
     returning undo_from, undone`,
    [id, now, failure],
  );
}

// Of the row `row` of import_rows and the import $1: anything recorded after that import's own last record, but for what
// we did ourselves.
const hasActed = (row: string): string => `(select true from consents c
    where c.subscription_id = ${row}.subscription_id and c.event <> 'reminded'
      and c.detail ->> 'undoneImportId' is distinct from $1::text and c.id >
        (select max(o.id) from consents o where o.subscription_id = ${row}.subscription_id
           and o.event = 'imported' and o.detail ->> 'importId' = $1::text) limit 1) is not null`;

const lot = `lot as materialized (
    select x.line, x.subscriber_id, x.subscription_id, x.made, x.before
    from import_rows x
    where x.import_id = $1 and ($2::int is null or x.line < $2) order by x.line desc limit $3
  )`;

/**
 * Takes back what is queued for the readers of a lot that the import made. Changed, and not only locked: a worker whose
 * claim began before finds the row changed, and leaves it. So whoever is not mailed yet when the lot is undone, is not
 * mailed after.
 */
async function excludeQueued(
  tx: Db,
  { importId, from, limit, now }: { importId: string; from: number | null; limit: number; now: Date },
): Promise<void> {
  await tx.query(
    `with ${lot}
     update deliveries d set state = 'excluded', reason = 'unsubscribed', changed_at = $4
     from (select l.subscriber_id from lot l where l.made & 1 = 1 and not ${hasActed('l')}) l, issues i, imports m
     where m.id = $1 and i.newsletter_id = m.newsletter_id and i.fanned_out_at is not null and i.finished_at is null
       and i.cancelled_at is null and d.issue_id = i.id and d.subscriber_id = l.subscriber_id and d.state = 'queued'`,
    [importId, from, limit, now],
  );
}

/**
 * Undoes the rows before the line `from` (null: the last ones), and says what came of it; `next` is null when that was
 * all. Whoever has acted since (their consent record says so) stays as they are, and their suppression with them. Whoever
 * has been mailed is ended, not removed: the link of that mail leads to the subscription, and leaving by it must last.
 */
export async function undoLot(
  tx: Db,
  step: { importId: string; from: number | null; limit: number; now: Date },
): Promise<(Undone & { next: number | null }) | undefined> {
  await tx.query(forLots);
  await excludeQueued(tx, step);
  return tx.maybeOne(
    `with ${lot}, mailings as materialized (
       -- A day for clocks that differ. Of whom an issue went to that has been forgotten, nobody knows any more.
       select i.id, i.deliveries_forgotten_at is not null as forgotten from imports m
       join issues i on i.newsletter_id = m.newsletter_id and i.fanned_out_at > m.created_at - interval '1 day'
       where m.id = $1
     ), known as materialized (
       select l.*, s.id is not null as is_there, jsonb_typeof(l.before -> 'subscription') = 'object' as changed,
         -- Of several rows for one reader, the earliest knows how it was.
         (select true from import_rows e where e.import_id = $1 and e.subscriber_id = l.subscriber_id
           and e.line < l.line and (e.made > 0 or e.before is not null) limit 1) is null as is_first,
         (select true from import_rows e where e.import_id = $1 and e.subscriber_id = l.subscriber_id
           and e.line < l.line and (e.made & 1 = 1 or jsonb_typeof(e.before -> 'subscription') = 'object') limit 1) is null
           as is_first_change,
         ${hasActed('l')} as has_acted,
         (select true from mailings i left join deliveries d on d.issue_id = i.id and d.subscriber_id = l.subscriber_id
           where i.forgotten or d.state not in ('queued', 'excluded') limit 1) is not null as is_mailed
       from lot l left join subscriptions s on s.id = l.subscription_id
       where l.made > 0 or l.before is not null
     ), looked as materialized (
       -- Who had asked, and never confirmed, would be forgotten soon.
       select *, is_there and is_mailed and not has_acted and (made & 1 = 1 or (is_first_change and changed
         and before -> 'subscription' ->> 'confirmedAt' is null
         and before -> 'subscription' ->> 'unsubscribedAt' is null)) as ends
       from known
     ), removed as (
       delete from subscriptions s using looked l
       where s.id = l.subscription_id and l.made & 1 = 1 and not l.has_acted and not l.ends
       returning s.id, s.subscriber_id, l.made
     ), gone as (
       -- In this statement the subscription is still to be seen.
       delete from subscribers r using removed d
       where r.id = d.subscriber_id and d.made & 2 = 2
         and not exists (select from subscriptions o where o.subscriber_id = r.id and o.id <> d.id)
     ), restored as (
       update subscriptions s set confirmed_at = (l.before -> 'subscription' ->> 'confirmedAt')::timestamptz,
         unsubscribed_at = (l.before -> 'subscription' ->> 'unsubscribedAt')::timestamptz,
         expired_at = (l.before -> 'subscription' ->> 'expiredAt')::timestamptz
       from looked l
       where s.id = l.subscription_id and l.is_first_change and not l.has_acted and not l.ends and l.made & 1 = 0
         and l.changed
       returning s.id
     ), ended as (
       update subscriptions s set unsubscribed_at = greatest(s.requested_at, $4)
       from looked l where s.id = l.subscription_id and l.ends and (s.unsubscribed_at is null or (${pending}))
       returning s.id, s.unsubscribed_at as at
     ), renamed as (
       update subscribers r set name = n.was
       from (select subscriber_id, (array_agg(before -> 'name' ->> 'was' order by line))[1] as was,
               (array_agg(before -> 'name' ->> 'is' order by line desc))[1] as is_now
             from looked where jsonb_typeof(before -> 'name') = 'object' and not has_acted group by subscriber_id) n
       where r.id = n.subscriber_id and r.name is not distinct from n.is_now
       returning r.id
     ), recorded as (
       -- The instant is that of the row: endedByUndo of store.ts asks for it.
       insert into consents (subscription_id, event, at, via, detail)
       select id, event, at, 'import', jsonb_build_object('undoneImportId', $1::text)
       from (select id, 'changed' as event, $4::timestamptz as at from restored
             union all select id, 'unsubscribed', at from ended) told
     ), wanted as (
       select distinct on (r.address_hash) r.address_hash, l.has_acted, r.id
       from looked l join subscribers r on r.id = l.subscriber_id where l.made & 4 = 4 order by r.address_hash, l.line
     ), lifted as (
       delete from suppressions u using wanted w
       where u.address_hash = w.address_hash and u.import_id = $1 and not w.has_acted
         -- Each issue is asked for its own, by the primary key: the deliveries have no index of subscribers.
         and (select true from issues i join deliveries d on d.issue_id = i.id and d.subscriber_id = w.id
           where d.state in ('bounced', 'complained') limit 1) is null
       returning u.address_hash
     )
     select (select count(*) from removed)::int as removed,
       (select count(*) from looked l where l.is_first and l.made & 1 = 0 and not l.ends and (
          l.subscription_id in (select id from restored) or l.subscriber_id in (select id from renamed)))::int as restored,
       (select count(*) from looked where is_first and is_there and (has_acted or ends))::int as kept,
       (select count(*) from looked where is_first and ends)::int as ended,
       (select count(*) from lifted)::int as suppressions_lifted,
       ((select count(*) from wanted) - (select count(*) from lifted))::int as suppressions_kept,
       (select min(line) from lot) as next`,
    [step.importId, step.from, step.limit, step.now],
  );
}

/** Moves an undo on from `from`; false: another worker has. `next` null ends it. */
export async function advanceUndo(
  tx: Db,
  id: string,
  step: { from: number | null; next: number | null; undone: Undone; now: Date },
): Promise<boolean> {
  const changed = await tx.change(
    `update imports set undo_from = coalesce($3, undo_from), undone = $4, progress_at = $5,
       undone_at = case when $3::int is null then $5::timestamptz end
     where id = $1 and undo_from is not distinct from $2::int and undone_at is null`,
    [id, step.from, step.next, JSON.stringify(step.undone), step.now],
  );
  return changed === 1;
}
