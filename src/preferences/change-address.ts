// A reader wants mail at another address. Both ends must agree: the old address, because a link in a
// forwarded mail must not move the subscription; the new address, because no address is mailed unasked.
//
// 1. The reader asks on the preferences page; the row of address_changes is the outbox.
// 2. A worker mails each end its own link: 128 random bits, stored as a hash, valid for three days
//    (send-address-mails.ts).
// 3. The page of each link has a button. When both ends have agreed, the subscriber gets the new address.
//
// The answer never reveals who reads what. A new address that is suppressed, or was mailed often lately,
// gives the same answer and gets no mail.
import type { Allowance } from '../config/limits.js';
import type { Db } from '../db.js';
import { day } from '../durations.js';
import type { Message } from '../languages/messages.js';
import type { Translator } from '../languages/translate.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Secrets } from '../secrets.js';
import { addressHash, parseAddress } from '../subscribers/address.js';
import { confirmationLinkMs, longestOf, mayAskAgain } from '../subscribers/time-limits.js';
import { namesOf } from '../subscribers/names.js';
import type { Preferences } from './preferences.js';
import { subscriptionStatus } from '../subscribers/status.js';
import * as addresses from './store-address.js';
import { hashConfirmToken } from '../subscribers/tokens.js';
import { closedTo } from '../joining/who-may-join.js';
import { isSuppressed, lockOtherSubscriber, updateAddress } from '../subscribers/subscribers.js';
import { recordConsent, selectSubscriptionsOf } from '../subscribers/subscriptions.js';

const perDay = 3;

export type AskedAddress =
  { outcome: 'address-asked'; changeId: string; address: string } | { outcome: 'invalid'; reason: Message };

/** Stores the wish, inside the transaction that has locked the subscription. */
export async function askAddressChange(
  tx: Db,
  asked: {
    secrets: Secrets;
    perAddress: readonly Allowance[];
    before: Preferences;
    text: unknown;
    at: Date;
    words: Translator;
  },
): Promise<AskedAddress> {
  const { secrets, perAddress, before, text, at, words } = asked;
  const { subscriberId, subscriptionId } = before;
  const invalid = (reason: Message): AskedAddress => ({ outcome: 'invalid', reason });
  if (before.status !== 'active') return invalid({ key: 'address.stopped' });
  const parsed = parseAddress(typeof text === 'string' ? text : '');
  if (!parsed.ok) return invalid(parsed.reason);
  const { address, key, domain } = parsed;
  if (key === parsedKey(before.email)) return invalid({ key: 'address.same' });
  const since = new Date(at.getTime() - Math.max(day, longestOf(perAddress)));
  const { bySubscriber, forAddress } = await addresses.selectAskedForAddress(tx, {
    subscriberId,
    key,
    since,
  });
  if (bySubscriber.filter((earlier) => at.getTime() - earlier.getTime() < day).length >= perDay)
    return invalid({ key: 'address.often' });
  const closed = await closedAt(tx, { subscriberId, domain });
  if (closed.length > 0)
    return invalid({
      key: 'address.closed',
      args: { newsletter: namesOf(closed, words.locale), domain },
    });
  const hash = addressHash(secrets.derive('address-hash'), key);
  await addresses.withdrawAddressChanges(tx, subscriberId, at);
  const changeId = await addresses.insertAddressChange(tx, {
    subscriberId,
    subscriptionId,
    address,
    key,
    hash,
    domain,
    mailsNew: mayAskAgain(perAddress, forAddress, at) && !(await isSuppressed(tx, hash)),
    now: at,
    expiresAt: new Date(at.getTime() + confirmationLinkMs),
  });
  return { outcome: 'address-asked', changeId, address };
}

/** The newsletters among the subscriber's own that exclude addresses at `domain`: all of them would move. */
async function closedAt(
  tx: Db,
  { subscriberId, domain }: { subscriberId: string; domain: string },
): Promise<Newsletter[]> {
  const places = await selectSubscriptionsOf(tx, subscriberId);
  const newsletterIds = places
    .filter((place) => subscriptionStatus({ ...place, suppressed: false }) === 'active')
    .map(({ newsletterId }) => newsletterId);
  const closed: Newsletter[] = [];
  for (const id of await closedTo(tx, { subscriberId, domain, newsletterIds })) {
    const newsletter = await getNewsletter(tx, id);
    if (newsletter) closed.push(newsletter);
  }
  return closed;
}

function parsedKey(email: string): string | undefined {
  const parsed = parseAddress(email);
  return parsed.ok ? parsed.key : undefined;
}

export type AddressPage =
  | { state: 'unknown' }
  | {
      /**
       * ready: waits for the button.
       * waiting: this end has agreed, the other has not.
       * done: the address has changed.
       * gone: too old, withdrawn, or replaced by another wish.
       */
      state: 'ready' | 'waiting' | 'done' | 'gone';
      /** The reader's newsletters that exclude the new domain. With this answer the wish has failed. */
      closed: Newsletter[];
      domain: string;
      end: addresses.End;
      newsletter: Newsletter;
      /** The reader's choice; null: the newsletter's language. */
      language: string | null;
      newAddress: string;
    };

export interface AddressDeps {
  db: Db;
  now: () => Date;
  /**
   * Makes `otherId`, who has the new address already, part of the subscriber, inside the transaction `tx`.
   */
  mergeSubscribers: (tx: Db, merged: { subscriberId: string; otherId: string }) => Promise<void>;
}

function judge(row: addresses.AddressChangeRow, now: Date): 'ready' | 'waiting' | 'done' | 'gone' {
  if (row.doneAt !== null) return 'done';
  if (row.withdrawnAt !== null || row.expiresAt <= now) return 'gone';
  return (row.end === 'old' ? row.oldAgreedAt : row.newAgreedAt) === null ? 'ready' : 'waiting';
}

async function pageOf(db: Db, row: addresses.AddressChangeRow | undefined, now: Date): Promise<AddressPage> {
  const newsletter = row && (await getNewsletter(db, row.newsletterId));
  if (!row || !newsletter) return { state: 'unknown' };
  const { end, language, address: newAddress, domain } = row;
  return { state: judge(row, now), closed: [], domain, end, newsletter, language, newAddress };
}

/** Shows what the link would do. Changes nothing. */
export async function showAddressChange(
  { db, now }: Pick<AddressDeps, 'db' | 'now'>,
  { token }: { token: string },
): Promise<AddressPage> {
  return pageOf(db, await addresses.selectAddressChangeByToken(db, hashConfirmToken(token)), now());
}

/**
 * One end agrees, or withdraws the wish. The second agreement changes the address and records it as consent.
 */
export async function answerAddressChange(
  { db, now, mergeSubscribers }: AddressDeps,
  input: { token: string; agrees: boolean; ip?: string | undefined; userAgent?: string | undefined },
): Promise<AddressPage> {
  const at = now();
  const hash = hashConfirmToken(input.token);
  return db.transaction(async (tx) => {
    const row = await addresses.lockAddressChange(tx, hash);
    let closed: Newsletter[] = [];
    if (row && judge(row, at) === 'ready') {
      if (input.agrees) closed = await closedAt(tx, row);
      if (input.agrees && closed.length === 0) await agree(tx, row, { ...input, at, mergeSubscribers });
      else await addresses.withdrawAddressChange(tx, row.id, at);
    }
    const page = await pageOf(tx, await addresses.selectAddressChangeByToken(tx, hash), at);
    return page.state === 'unknown' ? page : { ...page, closed };
  });
}

async function agree(
  tx: Db,
  row: addresses.AddressChangeRow,
  {
    at,
    ip,
    userAgent,
    mergeSubscribers,
  }: Pick<AddressDeps, 'mergeSubscribers'> & {
    at: Date;
    ip?: string | undefined;
    userAgent?: string | undefined;
  },
): Promise<void> {
  await addresses.agreeAtEnd(tx, row.id, row.end, at);
  const first = row.end === 'old' ? row.newAgreedAt : row.oldAgreedAt;
  if (first === null) return;
  if (await isSuppressed(tx, row.addressHash)) return addresses.withdrawAddressChange(tx, row.id, at);
  const otherId = await lockOtherSubscriber(tx, row.addressKey, row.subscriberId);
  if (otherId !== undefined) await mergeSubscribers(tx, { subscriberId: row.subscriberId, otherId });
  const { address, addressKey: key, addressHash: newHash, domain } = row;
  await updateAddress(tx, row.subscriberId, { address, key, hash: newHash, domain });
  await addresses.markAddressChangeDone(tx, row.id, at);
  for (const { id: subscriptionId } of await selectSubscriptionsOf(tx, row.subscriberId))
    await recordConsent(tx, {
      subscriptionId,
      event: 'changed',
      at,
      via: 'page',
      ip,
      userAgent,
      detail: {
        address: { from: row.oldAddress, to: row.address },
        agreedAt: { [row.end]: at, [row.end === 'old' ? 'new' : 'old']: first },
      },
    });
}
