// The SQL that makes one subscriber of two. Private to this folder; merge-subscribers.ts says which of two places stays.
import type { Db } from '../db.js';
import type { Place } from '../subscribers/store.js';

export interface MergingRow extends Place {
  newsletterId: string;
  subscriberId: string;
}

/** All places of both, locked until the transaction ends. */
export async function lockPlaces(tx: Db, subscriberIds: readonly string[]): Promise<MergingRow[]> {
  return tx.query(
    `select id, newsletter_id, subscriber_id, requested_at, confirmed_at, unsubscribed_at, expired_at
     from subscriptions where subscriber_id = any ($1::bigint[]) order by id for update`,
    [subscriberIds],
  );
}

/**
 * Folds one place into another on the same newsletter. What either was offered is offered no more; the record of consent
 * stays whole, as copies (the originals go with their place); links in mails to the one that goes lead to the other.
 */
export async function foldInto(tx: Db, { stays, goes }: { stays: string; goes: string }): Promise<void> {
  await tx.change(
    `update subscriptions k set read_through = greatest(k.read_through, l.read_through),
       not_before = greatest(k.not_before, l.not_before)
     from subscriptions l where k.id = $1 and l.id = $2`,
    [stays, goes],
  );
  await tx.change(
    `insert into consents (subscription_id, event, at, via, wording, language, ip, user_agent, detail)
     select $1::bigint, event, at, via, wording, language, ip, user_agent,
       coalesce(detail, '{}') || jsonb_build_object('ofSubscription', $2::text)
     from consents where subscription_id = $2::bigint order by id`,
    [stays, goes],
  );
  await tx.change('update merged_subscriptions set subscription_id = $1 where subscription_id = $2', [
    stays,
    goes,
  ]);
  await tx.change('update address_changes set subscription_id = $1 where subscription_id = $2', [
    stays,
    goes,
  ]);
  await tx.change('insert into merged_subscriptions (id, subscription_id) values ($2, $1)', [stays, goes]);
  await tx.change(
    `update deliveries d set subscription_id = $1
     from subscriptions l join issues i on i.newsletter_id = l.newsletter_id
     where l.id = $2 and d.issue_id = i.id and d.subscriber_id = l.subscriber_id and d.subscription_id = l.id
       and d.state in ('queued', 'deferred')`,
    [stays, goes],
  );
  await tx.change('delete from subscriptions where id = $1', [goes]);
}

/**
 * Gives a subscriber the other's places, and mail of theirs that is not handed over yet, where they have none of that
 * issue. Then the other is gone. What was handed over stays under the number that mail programs and relays know.
 */
export async function takeOver(
  tx: Db,
  { subscriberId, otherId }: { subscriberId: string; otherId: string },
): Promise<void> {
  await tx.change('update subscriptions set subscriber_id = $1 where subscriber_id = $2', [
    subscriberId,
    otherId,
  ]);
  const moved = `d.issue_id = i.id and d.subscriber_id = $2 and d.state in ('queued', 'deferred')
    and not exists (select from deliveries o where o.issue_id = d.issue_id and o.subscriber_id = $1)`;
  // What was tried before is told of the number that it was tried for.
  await tx.change(
    `delete from attempts a using deliveries d, issues i
     where a.issue_id = d.issue_id and a.subscriber_id = d.subscriber_id and ${moved}`,
    [subscriberId, otherId],
  );
  await tx.change(`update deliveries d set subscriber_id = $1 from issues i where ${moved}`, [
    subscriberId,
    otherId,
  ]);
  await tx.change('delete from subscribers where id = $1', [otherId]);
}
