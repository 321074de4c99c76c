// Mails a link to each end of a change of address: claim, send, record, as for confirmations
// (send-confirmation.ts). After a deferral the mail is sent with a new token. An end that has its mail gets
// no second one.
import { enqueueAll } from '../enqueue-all.js';
import { chooseLanguage } from '../languages/language.js';
import type { Db } from '../db.js';
import type { Mailer } from '../mail/send.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Enqueue } from '../queues.js';
import { retryDelay } from '../retry.js';
import { confirmationLeaseMs } from '../subscribers/time-limits.js';
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

/** Sends the due mails of one change; returns to which ends. */
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
    const { outcome } = await mailer.send({
      origin: { kind: 'address-change', changeId },
      from: newsletter.from,
      replyTo,
      to,
      ...content,
    });
    if (outcome.outcome === 'deferred' || outcome.outcome === 'relay-trouble') {
      await addresses.deferAddressChange(
        db,
        changeId,
        new Date(now().getTime() + retryDelay(claimed.attempts)),
      );
      continue;
    }
    // A refusal counts as sent too: the relay would refuse again, and the wish expires by itself.
    await addresses.markAddressMailSent(db, { changeId, end, at: now() });
    sent.push(end);
  }
  return sent;
}

// The rest waits for the next sweep.
const atOnce = 1_000;

/** The sweep's part: enqueues every change with mail that is due. */
export async function enqueueUnsentAddressMails({
  db,
  enqueue,
  now,
}: {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}): Promise<void> {
  const unsent = await addresses.selectUnsentAddressChanges(db, now(), atOnce);
  await enqueueAll(
    enqueue,
    'subscriptions',
    unsent.map((changeId) => ({ kind: 'address' as const, changeId })),
  );
}
