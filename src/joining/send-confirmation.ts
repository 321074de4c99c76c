// Sends one confirmation mail.
//
// 1. Claim it: commit the hash of a fresh token and a lease before SMTP, so that two workers never mail one
//    request.
// 2. Hand it over.
// 3. Record the outcome, if the row is still the claimed one.
//
// A worker that dies between 2 and 3 leaves a claimed row. Its lease runs out, and the sweep sends again: the
// reader gets two mails, and the newer link works. That is better than no mail, because the reader asked for
// it and it changes nothing by itself. An uncertain outcome counts as sent: the reader may ask again.
import type { Db } from '../db.js';
import type { HandOver } from '../mail/outcome.js';
import { chooseLanguage } from '../languages/language.js';
import type { Mailer } from '../mail/send.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { retryDelay } from '../retry.js';
import { confirmationLeaseMs, confirmationLinkMs, reminderMs } from '../subscribers/time-limits.js';
import { namesOf } from '../subscribers/names.js';
import { renderConfirmation } from './render-confirmation.js';
import { newConfirmToken } from '../subscribers/tokens.js';
import { rememberOrigin } from '../telemetry/origins.js';
import { closedTo } from './who-may-join.js';
import {
  claimConfirmation,
  deferConfirmation,
  markConfirmationSent,
  refuseConfirmation,
} from '../subscribers/confirmations.js';

export type SendConfirmationResult =
  | { status: 'sent' | 'refused' }
  | { status: 'deferred'; dueAt: Date }
  /**
   * Nothing to send: already sent, confirmed, left, expired, suppressed, excluded by a rule, not due, or
   * claimed by another worker.
   */
  | { status: 'nothing-to-send' };

export interface SendConfirmationDeps {
  db: Db;
  mailer: Mailer;
  /** Without a slash at its end. */
  baseUrl: string;
  now: () => Date;
}

/** The newsletters of a mail, without any that have been deleted. */
export async function newslettersOf(db: Db, ids: readonly string[]): Promise<Newsletter[]> {
  const found = await Promise.all(ids.map((id) => getNewsletter(db, id)));
  return found.filter((newsletter) => newsletter !== undefined);
}

/** The same, without those that do not admit this domain: the rule may be newer than the request. */
export async function openNewslettersOf(
  db: Db,
  asked: { subscriberId: string; domain: string; newsletterIds: readonly string[] },
): Promise<Newsletter[]> {
  const closed = await closedTo(db, asked);
  return newslettersOf(
    db,
    asked.newsletterIds.filter((id) => !closed.has(id)),
  );
}

const replyOf = (handOver: HandOver): string => ('reply' in handOver ? handOver.reply : handOver.error);

/** Sends the confirmation of a pending subscription that has none yet. */
export async function sendConfirmation(
  { db, mailer, baseUrl, now }: SendConfirmationDeps,
  { subscriptionId }: { subscriptionId: string },
): Promise<SendConfirmationResult> {
  const { token, hash } = newConfirmToken();
  const at = now();
  const claimed = await claimConfirmation(db, {
    subscriptionId,
    tokenHash: hash,
    tokenExpiresAt: new Date(at.getTime() + confirmationLinkMs),
    leaseUntil: new Date(at.getTime() + confirmationLeaseMs),
    now: at,
  });
  if (!claimed) return { status: 'nothing-to-send' };
  const settled = { subscriptionId, tokenHash: hash };
  const newsletters = await openNewslettersOf(db, claimed);
  const [newsletter] = newsletters;
  if (!newsletter) {
    const reply = `not sent: addresses at ${claimed.domain} may not join`;
    await refuseConfirmation(db, { ...settled, at, reply });
    return { status: 'nothing-to-send' };
  }

  const language = chooseLanguage({ stored: claimed.language, newsletter: newsletter.language });
  const content = await renderConfirmation({
    newsletterName: namesOf(newsletters, language),
    ...(newsletter.siteUrl === null ? {} : { siteUrl: newsletter.siteUrl }),
    ...(newsletter.postalAddress === null ? {} : { postalAddress: newsletter.postalAddress }),
    confirmUrl: `${baseUrl}/confirm/${token}`,
    // Words about one newsletter would be wrong for the others of the mail.
    ...(newsletters.length === 1 ? { own: newsletter.confirmationMail } : {}),
    language,
  });
  const { outcome, handOver } = await mailer.send({
    origin: { kind: 'confirmation', subscriptionId },
    from: newsletter.from,
    ...(newsletter.replyTo === null ? {} : { replyTo: newsletter.replyTo }),
    to: claimed.address,
    ...content,
  });

  switch (outcome.outcome) {
    case 'accepted':
    case 'uncertain':
      await markConfirmationSent(db, {
        ...settled,
        at: now(),
        remindAt: new Date(now().getTime() + reminderMs),
      });
      await rememberOrigin({ db, now }, 'subscription', [subscriptionId]);
      return { status: 'sent' };
    case 'refused':
      await refuseConfirmation(db, { ...settled, at: now(), reply: replyOf(handOver) });
      return { status: 'refused' };
    case 'deferred':
    case 'relay-trouble': {
      const dueAt = new Date(now().getTime() + retryDelay(claimed.attempts));
      await deferConfirmation(db, { ...settled, dueAt, reply: replyOf(handOver) });
      return { status: 'deferred', dueAt };
    }
  }
}
