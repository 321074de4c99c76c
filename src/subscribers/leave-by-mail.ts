// A reader leaves by a mail to the mailto address of List-Unsubscribe (RFC 2369 section 3.2).
import type { Db } from '../db.js';
import { endSubscription, lockSubscription, recordConsent } from './subscriptions.js';

/** False: the reader had left before, or was erased. */
export async function leaveByMail(
  tx: Db,
  { subscriptionId, at }: { subscriptionId: string; at: Date },
): Promise<boolean> {
  const row = await lockSubscription(tx, subscriptionId);
  if (row === undefined || !(await endSubscription(tx, row.id, at))) return false;
  await recordConsent(tx, { subscriptionId: row.id, event: 'unsubscribed', at, via: 'mail' });
  return true;
}
