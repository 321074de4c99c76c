// The two mails of a change of address. The mail to the new address names no reader: the address may be
// mistyped, and a stranger must not learn who reads what.
import { translator } from '../languages/translate.js';
import type { Newsletter } from '../newsletters/schema.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';

/** Returns the subject, the HTML and the text for the old or the new end. */
export async function renderAddressMail(input: {
  end: 'old' | 'new';
  newsletter: Pick<Newsletter, 'name' | 'siteUrl' | 'postalAddress'>;
  newAddress: string;
  url: string;
  /** BCP 47. */
  language: string;
}): Promise<{ subject: string; html: string; text: string }> {
  const { t, direction, locale } = translator(input.language);
  const name = oneLine(input.newsletter.name);
  const old = input.end === 'old';
  const words = old
    ? t('address.oldSubject', { newsletter: name })
    : t('address.newSubject', { newsletter: name });
  const subject = cutAtWord(oneLine(words), 120);
  const view = {
    old,
    name,
    subject,
    preheader: old
      ? t('address.oldMail', { newsletter: name, email: input.newAddress })
      : t('address.newMail', { newsletter: name }),
    language: locale,
    direction,
    start: direction === 'rtl' ? 'right' : 'left',
    newAddress: input.newAddress,
    url: input.url,
    siteUrl: input.newsletter.siteUrl,
    addressLines: (input.newsletter.postalAddress ?? '').split('\n').map(oneLine).filter(Boolean),
  };
  return {
    subject,
    html: await renderEmail('address-change', view),
    text: renderText('address-change', view),
  };
}
