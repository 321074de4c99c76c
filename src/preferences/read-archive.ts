// Who may read an archive that is for readers alone.
import type { Db } from '../db.js';
import type { Secrets } from '../secrets.js';
import { subscriptionStatus } from '../subscribers/status.js';
import { readToken } from '../subscribers/tokens.js';
import { selectSubscription } from '../subscribers/subscriptions.js';

/** Whether `key`, of a link in a digest, is that of an active reader of the newsletter. Whoever left reads no more. */
export async function mayReadArchive(
  { db, secrets }: { db: Db; secrets: Secrets },
  { newsletterId, key }: { newsletterId: string; key: string },
): Promise<boolean> {
  const subscriptionId = readToken(secrets.derive('links'), 'archive', key);
  const row = subscriptionId === undefined ? undefined : await selectSubscription(db, subscriptionId);
  // Mail that bounced says nothing against reading on the web.
  return row?.newsletterId === newsletterId && subscriptionStatus({ ...row, suppressed: false }) === 'active';
}
