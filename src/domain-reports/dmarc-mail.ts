// The mail to accounts when receivers report that much mail in a domain's name fails DMARC. In English, like the
// console.
import type { RenderAccountMail } from '../account-mails/send-account-mails.js';
import type { Db } from '../db.js';
import { senderOf } from '../newsletters/get-newsletter.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { reportedDomains } from './list-reports.js';

/** The renderer of the kind "dmarc". The subject is the domain. */
export function dmarcMail(deps: { db: Db; now: () => Date; baseUrl: string }): RenderAccountMail {
  return async ({ subjectId: domain }) => {
    const sums = (await reportedDomains(deps)).find((one) => one.domain === domain && one.kind === 'dmarc');
    const from = await senderOf(deps.db, domain);
    // The reports are forgotten, or no newsletter is sent from the domain any more.
    if (sums === undefined || from === undefined) return undefined;
    const text =
      `${sums.organizations.join(', ')} reported about the last 30 days: ${sums.words} ` +
      'If you know the sender, add it to SPF or let it sign with DKIM. If you do not, a stricter DMARC policy keeps its mail away.';
    const view = {
      subject: `Mail from ${domain} fails DMARC`,
      name: domain,
      about: `mail from ${domain} that fails DMARC`,
      heading: 'Receivers report mail that fails DMARC',
      text,
      preheader: sums.words,
      actions: [{ label: 'Open the console', url: `${deps.baseUrl}/console` }],
    };
    return {
      from,
      subject: view.subject,
      html: await renderEmail('account', view),
      text: renderText('account', view),
    };
  };
}
