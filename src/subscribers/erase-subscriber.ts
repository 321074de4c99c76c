import { domainToUnicode } from 'node:url';
import { isId, type Db } from '../db.js';
import { eraseRows, lockSubscriberById } from './store-admin.js';

/** As people type it: the key has A-labels. */
function spellingsOf(key: string): string[] {
  const at = key.lastIndexOf('@') + 1;
  return [key, `${key.slice(0, at)}${domainToUnicode(key.slice(at))}`];
}

/**
 * Forgets a person (GDPR article 17): address, name, subscriptions and consents go. What stays is a keyed hash among the
 * suppressions, so that no form or import brings them back unknowingly, and deliveries that name nobody. Mail that is
 * queued for them is not handed over. False: there is no such subscriber.
 */
export async function eraseSubscriber(
  { db, now }: { db: Db; now: () => Date },
  { id }: { id: string },
): Promise<boolean> {
  if (!isId(id)) return false;
  return db.transaction(async (tx) => {
    const locked = await lockSubscriberById(tx, id);
    if (!locked) return false;
    const spellings = spellingsOf(locked.addressKey);
    await eraseRows(tx, { id, hash: locked.addressHash, spellings, now: now() });
    return true;
  });
}
