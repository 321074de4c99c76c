// The SQL of the reasons for leaving. Private to this folder.
import type { Db } from '../db.js';
import type { LeavingReason } from './leaving-reasons.js';

/** Stores the answer to one leaving; a later answer replaces it. */
export async function upsertLeaving(
  db: Db,
  leaving: {
    subscriptionId: string;
    newsletterId: string;
    unsubscribedAt: Date;
    reason: LeavingReason;
    comment: string | null;
    at: Date;
  },
): Promise<void> {
  await db.change(
    `insert into leavings (subscription_id, newsletter_id, unsubscribed_at, reason, comment, at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (subscription_id, unsubscribed_at) do update set
       reason = excluded.reason, comment = excluded.comment, at = excluded.at`,
    [
      leaving.subscriptionId,
      leaving.newsletterId,
      leaving.unsubscribedAt,
      leaving.reason,
      leaving.comment,
      leaving.at,
    ],
  );
}

export interface LeavingRow {
  id: string;
  subscriberId: string;
  email: string;
  unsubscribedAt: Date;
  reason: LeavingReason;
  comment: string | null;
  at: Date;
}

const leaving = `select l.id, s.subscriber_id, r.address as email, l.unsubscribed_at, l.reason, l.comment, l.at
  from leavings l join subscriptions s on s.id = l.subscription_id join subscribers r on r.id = s.subscriber_id`;

/** Newest first, with ids below `before`. */
export async function selectLeavings(
  db: Db,
  { newsletterId, before, limit }: { newsletterId: string; before: string | null; limit: number },
): Promise<LeavingRow[]> {
  return db.query(
    `${leaving} where l.newsletter_id = $1 and ($2::bigint is null or l.id < $2) order by l.id desc limit $3`,
    [newsletterId, before, limit],
  );
}

/** The newest first: those of leavings from `from` on, and before `before`. */
export async function selectComments(
  db: Db,
  { newsletterId, from, before, limit }: { newsletterId: string; from: Date; before: Date; limit: number },
): Promise<LeavingRow[]> {
  return db.query(
    `${leaving} where l.newsletter_id = $1 and l.comment is not null
       and l.unsubscribed_at >= $2 and l.unsubscribed_at < $3 order by l.unsubscribed_at desc limit $4`,
    [newsletterId, from, before, limit],
  );
}
