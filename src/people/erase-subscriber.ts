// A person is forgotten (GDPR article 17).
//
// 1. Lock the subscriber.
// 2. Delete what relays said about their mail. Their deliveries stay, with a number and a state: an issue's
//    sums stay true.
// 3. Delete the wishes of other people to get their mail at this address.
// 4. Delete the address from the rows of imports, also where it was typed too badly to be read.
// 5. Delete the subscriber, the subscriptions and the consents; suppress the address under its keyed hash.
//
// Mail that is queued for them is not handed over.
import { domainToUnicode } from 'node:url';
import type { Db } from '../db.js';
import { forgetRepliesTo } from '../delivery/ledger.js';
import { isId } from '../ids.js';
import { forgetInImports } from '../imports/person.js';
import { deleteAddressChangesTo } from '../preferences/person.js';
import { eraseSubscriberRow, lockSubscriberById } from '../subscribers/subscribers.js';

/** The address as people type it: the key has the domain in A-labels. */
function spellingsOf(key: string): string[] {
  const at = key.lastIndexOf('@') + 1;
  return [key, `${key.slice(0, at)}${domainToUnicode(key.slice(at))}`];
}

/** Forgets the person; false when there is no such subscriber. */
export async function eraseSubscriber(
  { db, now }: { db: Db; now: () => Date },
  { id }: { id: string },
): Promise<boolean> {
  if (!isId(id)) return false;
  return db.transaction(async (tx) => {
    const locked = await lockSubscriberById(tx, id);
    if (!locked) return false;
    const { addressKey: key, addressHash: hash } = locked;
    await forgetRepliesTo(tx, id);
    await deleteAddressChangesTo(tx, hash);
    await forgetInImports(tx, { subscriberId: id, key, spellings: spellingsOf(key) });
    await eraseSubscriberRow(tx, { id, hash, now: now() });
    return true;
  });
}
