// The welcome mail: the publisher's own words, once, after a reader's first confirmation.
//
// 1. Claim it for good: it is marked as sent before SMTP.
// 2. Hand it over, with the links to leave that every digest has.
// 3. If the relay defers it, it becomes due again.
//
// A worker that dies between 1 and 2 loses the mail. No welcome is better than two.
import { chooseLanguage } from '../languages/language.js';
import { translator } from '../languages/translate.js';
import { oneLine } from '../text/clean-text.js';
import { signTokens } from '../subscribers/tokens.js';
import { claimWelcome, deferWelcome } from '../subscribers/notices.js';
import { type NoticeMail } from './render-notice.js';
import { newslettersOf } from './send-confirmation.js';
import { laterMs, sendNotice, type SendNoticeDeps, type SendNoticeResult } from './send-notices.js';

/** Welcomes the reader, if the newsletter still does so and the reader has not left. */
export async function sendWelcome(
  deps: Omit<SendNoticeDeps, 'subscribeLimits'>,
  { subscriptionId }: { subscriptionId: string },
): Promise<SendNoticeResult> {
  const { db, baseUrl, now, secrets } = deps;
  const claimedAt = now();
  const claimed = await claimWelcome(db, { subscriptionId, now: claimedAt });
  const [newsletter] = claimed ? await newslettersOf(db, claimed.newsletterIds) : [];
  const { enabled, subject, text } = newsletter?.welcomeMail ?? {};
  if (!claimed || !newsletter || !enabled || !text) return 'nothing-to-send';
  const language = chooseLanguage({ stored: claimed.language, newsletter: newsletter.language });
  const tokens = signTokens(secrets.derive('links'), subscriptionId);
  const notice = welcomeNotice({ subject, text }, newsletter.name, {
    language,
    preferencesUrl: `${baseUrl}/preferences/${tokens.preferences}`,
    unsubscribeUrl: `${baseUrl}/unsubscribe/${tokens.unsubscribe}`,
  });
  const sent = await sendNotice(deps, {
    subscriptionId,
    to: claimed.address,
    newsletter,
    notice,
    language,
    // RFC 8058 section 3.1
    headers: {
      'List-Unsubscribe': `<${baseUrl}/unsubscribe/${tokens.unsubscribe}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  });
  if (sent === 'put-off')
    await deferWelcome(db, { subscriptionId, claimedAt, dueAt: new Date(now().getTime() + laterMs) });
  return sent;
}

/** The content of the mail, also for its preview. */
export function welcomeNotice(
  { subject, text }: { subject: string | null | undefined; text: string },
  name: string,
  links: { language: string; preferencesUrl: string; unsubscribeUrl: string },
): NoticeMail {
  const { t } = translator(links.language);
  const named = { newsletter: oneLine(name) };
  const title = subject ?? t('mail.welcome', named);
  return {
    subject: title,
    title,
    text,
    button: { label: t('confirming.preferences'), url: links.preferencesUrl },
    after: t('digest.because', named),
    link: { label: t('confirming.unsubscribe', named), url: links.unsubscribeUrl },
  };
}
