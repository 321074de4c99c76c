// Access to an archive that is only for readers.
import type { Db } from '../db.js';
import type { Secrets } from '../secrets.js';
import { subscriptionStatus } from '../subscribers/status.js';
import { readToken } from '../subscribers/tokens.js';
import { selectSubscription } from '../subscribers/subscriptions.js';

/**
 * Whether `key`, from a link in a digest, belongs to an active reader of the newsletter. Readers lose access
 * when they leave.
 */
export async function mayReadArchive(
  { db, secrets }: { db: Db; secrets: Secrets },
  { newsletterId, key }: { newsletterId: string; key: string },
): Promise<boolean> {
  const subscriptionId = readToken(secrets.derive('links'), 'archive', key);
  const row = subscriptionId === undefined ? undefined : await selectSubscription(db, subscriptionId);
  // A suppressed reader may still read on the web.
  return row?.newsletterId === newsletterId && subscriptionStatus({ ...row, suppressed: false }) === 'active';
}
