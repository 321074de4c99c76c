// Mails both ends of a change of address a link of their own: claim, send, record, as with confirmations
// (send-confirmation.ts). What a relay puts off is tried again with new tokens; an end that has its mail gets no other.
import { chooseLanguage } from '../languages/language.js';
import type { Db } from '../db.js';
import type { Mailer } from '../mail/send.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Enqueue } from '../queues.js';
import { confirmationLeaseMs, retryDelay } from '../subscribers/time-limits.js';
import { renderAddressMail } from './render-address-mail.js';
import * as addresses from './store-address.js';
import { newConfirmToken } from '../subscribers/tokens.js';

export interface SendAddressMailsDeps {
  db: Db;
  mailer: Mailer;
  /** Without a slash at its end. */
  baseUrl: string;
  now: () => Date;
}

/** Sends what of one change is unsent and due; returns to which ends. */
export async function sendAddressMails(
  { db, mailer, baseUrl, now }: SendAddressMailsDeps,
  { changeId }: { changeId: string },
): Promise<addresses.End[]> {
  const tokens = { old: newConfirmToken(), new: newConfirmToken() };
  const at = now();
  const claimed = await addresses.claimAddressChange(db, {
    changeId,
    oldTokenHash: tokens.old.hash,
    newTokenHash: tokens.new.hash,
    leaseUntil: new Date(at.getTime() + confirmationLeaseMs),
    now: at,
  });
  const newsletter = claimed && (await getNewsletter(db, claimed.newsletterId));
  if (!claimed || !newsletter) return [];
  const ends = [
    ...(claimed.oldUnsent ? [{ end: 'old' as const, to: claimed.oldAddress }] : []),
    ...(claimed.newUnsent ? [{ end: 'new' as const, to: claimed.newAddress }] : []),
  ];
  const sent: addresses.End[] = [];
  for (const { end, to } of ends) {
    const content = await renderAddressMail({
      end,
      newsletter,
      newAddress: claimed.newAddress,
      url: `${baseUrl}/address/${tokens[end].token}`,
      language: chooseLanguage({ stored: claimed.language, newsletter: newsletter.language }),
    });
    const replyTo = newsletter.replyTo ?? undefined;
    const { outcome } = await mailer.send({ from: newsletter.from, replyTo, to, ...content });
    if (outcome.outcome === 'deferred' || outcome.outcome === 'relay-trouble') {
      await addresses.deferAddressChange(
        db,
        changeId,
        new Date(now().getTime() + retryDelay(claimed.attempts)),
      );
      continue;
    }
    // Refused as well: the relay's answer will be the same, and the wish comes to nothing by itself.
    await addresses.markAddressMailSent(db, { changeId, end, at: now() });
    sent.push(end);
  }
  return sent;
}

// More wait for the next sweep.
const atOnce = 1_000;

/** What the sweep does: enqueues every change with mail that is due and unsent. */
export async function enqueueUnsentAddressMails({
  db,
  enqueue,
  now,
}: {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}): Promise<void> {
  for (const changeId of await addresses.selectUnsentAddressChanges(db, now(), atOnce))
    // A queue that is down says so after two seconds: once is enough.
    if (!(await enqueue('subscriptions', { kind: 'address', changeId }))) break;
}
