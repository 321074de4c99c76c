// The SQL that makes one subscriber of two. src/people/merge-subscribers.ts says which of two subscriptions
// stays.
import type { Db } from '../db.js';
import { laterOf } from './read-through.js';
import type { NewsletterSubscription } from './subscriptions.js';

export interface MergingSubscription extends NewsletterSubscription {
  subscriberId: string;
}

/** All subscriptions of both, locked until the transaction ends. */
export async function lockSubscriptionsOf(
  tx: Db,
  subscriberIds: readonly string[],
): Promise<MergingSubscription[]> {
  return tx.query(
    `select id, newsletter_id, subscriber_id, requested_at, confirmed_at, unsubscribed_at, expired_at
     from subscriptions where subscriber_id = any ($1::bigint[]) order by id for update`,
    [subscriberIds],
  );
}

/**
 * Folds one subscription into another on the same newsletter, and deletes it. The one that stays is offered
 * nothing that either was offered before. It takes copies of the consents, because the originals are deleted
 * with their subscription. Links in mails to the deleted one lead to the other.
 */
export async function foldSubscription(
  tx: Db,
  { stays, goes }: { stays: string; goes: string },
): Promise<void> {
  await tx.change(
    `update subscriptions k set ${laterOf},
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
  await tx.change('insert into merged_subscriptions (id, subscription_id) values ($2, $1)', [stays, goes]);
  await tx.change('delete from subscriptions where id = $1', [goes]);
}

/** Gives a subscriber the other's subscriptions, and deletes the other. */
export async function takeSubscriptions(
  tx: Db,
  { subscriberId, otherId }: { subscriberId: string; otherId: string },
): Promise<void> {
  await tx.change('update subscriptions set subscriber_id = $1 where subscriber_id = $2', [
    subscriberId,
    otherId,
  ]);
  await tx.change('delete from subscribers where id = $1', [otherId]);
}
