// Erases a person (GDPR article 17).
//
// 1. Lock the subscriber.
// 2. Delete the relays' replies about their mail, and what came back. The deliveries keep the subscriber's id and a state, so
//    that the totals stay true.
// 3. Delete other people's requests to get their mail at this address.
// 4. Delete the address from the rows of imports, including rows whose address could not be parsed.
// 5. Delete the subscriber with subscriptions, consents, clicks and what webhooks were told; suppress the address
//    under its keyed hash.
// 6. Announce the id to webhooks, so that other programs erase their copies.
//
// The workers skip mail that is still queued for the person.
import { domainToUnicode } from 'node:url';
import { recordAudit } from '../accounts/audit.js';
import type { Db } from '../db.js';
import { forgetRepliesTo } from '../delivery/ledger.js';
import { forgetFeedbackAbout } from '../feedback/forget-feedback.js';
import { isId } from '../ids.js';
import { forgetInImports } from '../imports/person.js';
import { deleteAddressChangesTo } from '../preferences/person.js';
import { eraseSubscriberRow, lockSubscriberById } from '../subscribers/subscribers.js';
import { selectSubscriptionsOf } from '../subscribers/subscriptions.js';
import { announce } from '../webhooks/announce.js';

/** The address with its domain in A-labels, as in the key, and in Unicode, as people type it. */
function spellingsOf(key: string): string[] {
  const at = key.lastIndexOf('@') + 1;
  return [key, `${key.slice(0, at)}${domainToUnicode(key.slice(at))}`];
}

/** The same at the link of the reader, and recorded as the reader's act. */
export async function eraseByLink(
  { db, now }: { db: Db; now: () => Date },
  { id }: { id: string },
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const erased = await eraseSubscriber({ db: tx, now }, { id });
    if (erased)
      await recordAudit(
        { db: tx, now },
        { actor: { kind: 'reader' }, action: 'subscriber.erase', subject: `subscriber:${id}` },
      );
    return erased;
  });
}

/** Erases the person. Returns false if there is no such subscriber. */
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
    await forgetFeedbackAbout(tx, id);
    await deleteAddressChangesTo(tx, hash);
    await forgetInImports(tx, { subscriberId: id, key, spellings: spellingsOf(key) });
    const subscriptions = await selectSubscriptionsOf(tx, id);
    await eraseSubscriberRow(tx, { id, hash, now: now() });
    const newsletterIds = subscriptions.map(({ newsletterId }) => newsletterId);
    await announce(tx, now(), {
      event: 'subscriber.erased',
      newsletterIds,
      data: { subscriberId: id, newsletterIds },
    });
    return true;
  });
}
