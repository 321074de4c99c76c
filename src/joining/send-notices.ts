// Two mails that readers did not ask for explicitly: one reminder, a day after the confirmation; and the note
// to an active reader who subscribes again, at most once a day.
//
// 1. Claim it for good: it is marked as sent before SMTP.
// 2. Hand it over.
// 3. If the relay defers it, it becomes due again.
//
// A worker that dies between 1 and 2 loses the mail. Both are courtesies: no mail is better than two.
import type { SubscribeLimits } from '../config/limits.js';
import type { Db } from '../db.js';
import { minute } from '../durations.js';
import { enqueueAll } from '../enqueue-all.js';
import { chooseLanguage } from '../languages/language.js';
import { translator } from '../languages/translate.js';
import type { Mailer } from '../mail/send.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { oneLine } from '../text/clean-text.js';
import { confirmationLinkMs, longestOf, mayAskAgain } from '../subscribers/time-limits.js';
import { namesOf } from '../subscribers/names.js';
import { renderNotice, type NoticeMail } from './render-notice.js';
import { newslettersOf, openNewslettersOf } from './send-confirmation.js';
import { newConfirmToken, signTokens } from '../subscribers/tokens.js';
import {
  claimReminder,
  claimTelling,
  deferReminder,
  deferTelling,
  selectAskedSince,
  selectDueNotices,
} from '../subscribers/notices.js';
import { recordConsent } from '../subscribers/subscriptions.js';

export interface SendNoticeDeps {
  db: Db;
  mailer: Mailer;
  secrets: Secrets;
  /** Without a slash at its end. */
  baseUrl: string;
  now: () => Date;
  subscribeLimits: Pick<SubscribeLimits, 'perAddress'>;
}

// The wait after a deferral.
export const laterMs = 30 * minute;

/** Sends one such mail from the newsletter. */
export async function sendNotice(
  { mailer }: Pick<SendNoticeDeps, 'mailer'>,
  {
    subscriptionId,
    to,
    newsletter,
    notice,
    language,
    headers = {},
  }: {
    subscriptionId: string;
    to: string;
    newsletter: Newsletter;
    notice: NoticeMail;
    language: string;
    headers?: Record<string, string>;
  },
): Promise<'sent' | 'put-off'> {
  const { outcome } = await mailer.send({
    origin: { kind: 'notice', subscriptionId },
    from: newsletter.from,
    replyTo: newsletter.replyTo ?? undefined,
    to,
    headers,
    ...(await renderNotice(notice, newsletter, language)),
  });
  return outcome.outcome === 'deferred' || outcome.outcome === 'relay-trouble' ? 'put-off' : 'sent';
}

export type SendNoticeResult = 'sent' | 'put-off' | 'nothing-to-send';

/** Sends one reminder, unless the address has reached its limit of mails. */
export async function sendReminder(
  deps: SendNoticeDeps,
  { subscriptionId }: { subscriptionId: string },
): Promise<SendNoticeResult> {
  const { db, baseUrl, now, subscribeLimits } = deps;
  const { perAddress } = subscribeLimits;
  const at = now();
  const asked = await selectAskedSince(db, subscriptionId, new Date(at.getTime() - longestOf(perAddress)));
  const { token, hash: tokenHash } = newConfirmToken();
  const claimed = await claimReminder(db, {
    subscriptionId,
    send: mayAskAgain(perAddress, asked, at),
    tokenHash,
    tokenExpiresAt: new Date(at.getTime() + confirmationLinkMs),
    now: at,
  });
  const newsletters = claimed ? await openNewslettersOf(db, claimed) : [];
  const [newsletter] = newsletters;
  if (!claimed || !newsletter) return 'nothing-to-send';
  const language = chooseLanguage({ stored: claimed.language, newsletter: newsletter.language });
  const { t } = translator(language);
  const named = { newsletter: oneLine(namesOf(newsletters, language)) };
  const notice: NoticeMail = {
    subject: t('confirming.reminderSubject', named),
    title: t('confirming.reminderTitle', named),
    text: t('confirming.reminderText', named),
    button: { label: t('confirming.confirm'), url: `${baseUrl}/confirm/${token}` },
    after: t('confirming.reminderNot'),
  };
  const sent = await sendNotice(deps, { subscriptionId, to: claimed.address, newsletter, notice, language });
  if (sent === 'put-off')
    await deferReminder(db, {
      subscriptionId,
      tokenHash,
      dueAt: new Date(now().getTime() + laterMs),
    });
  else await recordConsent(db, { subscriptionId, event: 'reminded', at, via: 'mail', language });
  return sent;
}

/** Tells an active reader that they are subscribed already, with links to change it and to leave. */
export async function tellSubscribed(
  deps: SendNoticeDeps,
  { subscriptionId }: { subscriptionId: string },
): Promise<SendNoticeResult> {
  const { db, baseUrl, now, secrets } = deps;
  const claimed = await claimTelling(db, { subscriptionId, now: now() });
  const [newsletter] = claimed ? await newslettersOf(db, claimed.newsletterIds) : [];
  if (!claimed || !newsletter) return 'nothing-to-send';
  const language = chooseLanguage({ stored: claimed.language, newsletter: newsletter.language });
  const { t } = translator(language);
  const named = { newsletter: oneLine(newsletter.name) };
  const tokens = signTokens(secrets.derive('links'), subscriptionId);
  const notice: NoticeMail = {
    subject: t('confirming.toldSubject', named),
    title: t('confirming.toldSubject', named),
    text: t('confirming.toldText', named),
    button: { label: t('confirming.preferences'), url: `${baseUrl}/preferences/${tokens.preferences}` },
    after: t('confirming.toldNot'),
    link: { label: t('confirming.unsubscribe', named), url: `${baseUrl}/unsubscribe/${tokens.unsubscribe}` },
  };
  const sent = await sendNotice(deps, { subscriptionId, to: claimed.address, newsletter, notice, language });
  if (sent === 'put-off')
    await deferTelling(db, { subscriptionId, dueAt: new Date(now().getTime() + laterMs) });
  return sent;
}

// The rest waits for the next sweep.
const atOnce = 1_000;

/** The sweep's part: enqueues a job for each of these mails that is due. */
export async function enqueueDueNotices({
  db,
  enqueue,
  now,
}: {
  db: Db;
  enqueue: Enqueue;
  now: () => Date;
}): Promise<void> {
  await enqueueAll(enqueue, 'subscriptions', await selectDueNotices(db, now(), atOnce));
}
