// The confirmation mail. A stranger may have typed the address, so the mail contains nothing they typed, no
// image, and nothing that tracks opening.
import type { ConfirmationMail } from '../newsletters/own-mails.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { translator } from '../languages/translate.js';
import { oneLine, linesByParagraph } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';

export interface ConfirmationInput {
  newsletterName: string;
  siteUrl?: string;
  postalAddress?: string;
  confirmUrl: string;
  /** The publisher's own words. */
  own?: ConfirmationMail;
  /** BCP 47. */
  language: string;
}

/** Returns the subject, the HTML and the text. */
export async function renderConfirmation(
  input: ConfirmationInput,
): Promise<{ subject: string; html: string; text: string }> {
  const name = oneLine(input.newsletterName);
  const { t, direction, language } = translator(input.language);
  const subject = cutAtWord(oneLine(input.own?.subject ?? t('mail.subject', { newsletter: name })), 120);
  const view = {
    name,
    subject,
    introduction: linesByParagraph(input.own?.introduction ?? ''),
    preheader: t('mail.preview', { newsletter: name }),
    language,
    direction,
    start: direction === 'rtl' ? 'right' : 'left',
    siteUrl: input.siteUrl,
    confirmUrl: input.confirmUrl,
    addressLines: (input.postalAddress ?? '').split('\n').map(oneLine).filter(Boolean),
  };
  return { subject, html: await renderEmail('confirmation', view), text: renderText('confirmation', view) };
}
