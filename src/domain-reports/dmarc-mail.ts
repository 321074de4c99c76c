// The mail to accounts when receivers report that much mail in a domain's name fails DMARC. In the language of each.
import { renderAccountMail, wordsOfAccount } from '../account-mails/render.js';
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { senderOf } from '../newsletters/get-newsletter.js';
import { reportedDomains, reportInWords } from './list-reports.js';

/** The renderer of the kind "dmarc". The subject is the domain. */
export function dmarcMail(deps: { db: Db; now: () => Date; baseUrl: string }): RenderAccountMail {
  return async ({ subjectId: domain, accountId }) => {
    const sums = (await reportedDomains(deps)).find((one) => one.domain === domain && one.kind === 'dmarc');
    const from = await senderOf(deps.db, domain);
    // The reports are forgotten, or no newsletter is sent from the domain any more.
    if (sums === undefined || from === undefined) return undefined;
    const words = await wordsOfAccount(deps.db, accountId);
    const { t, locale } = words;
    const organizations = new Intl.ListFormat(locale, { type: 'unit' }).format(sums.organizations);
    const subject = t('accountMail.dmarcSubject', { domain });
    return {
      from,
      ...(await renderAccountMail({
        words,
        name: domain,
        about: subject,
        subject,
        heading: t('accountMail.dmarcHeading'),
        text: t('accountMail.dmarcText', { organizations, report: reportInWords(sums, words) }),
        actions: [{ label: t('accountMail.openConsole'), url: `${deps.baseUrl}/console` }],
      })),
    };
  };
}
