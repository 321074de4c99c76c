// A short mail with one button: the reminder of a confirmation, the note that a reader is subscribed already, and the
// welcome in the publisher's words. Like the confirmation it contains nothing that was typed except the address, no image, and nothing
// that tracks opening.
import { translator } from '../languages/translate.js';
import type { Newsletter } from '../newsletters/schema.js';
import { renderEmail, renderText } from '../templating/templates.js';
import { oneLine, linesByParagraph } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';

export interface NoticeMail {
  subject: string;
  title: string;
  /** An empty line begins a paragraph. */
  text: string;
  button: { label: string; url: string };
  /** Below the button. */
  after: string;
  link?: { label: string; url: string };
}

/** Returns the subject, the HTML and the text. `newsletter` is the sender. */
export async function renderNotice(
  { subject, ...notice }: NoticeMail,
  { name, siteUrl, postalAddress }: Pick<Newsletter, 'name' | 'siteUrl' | 'postalAddress'>,
  language: string,
): Promise<{ subject: string; html: string; text: string }> {
  const { direction, locale } = translator(language);
  const short = cutAtWord(oneLine(subject), 120);
  const view = {
    ...notice,
    subject: short,
    paragraphs: linesByParagraph(notice.text),
    preheader: cutAtWord(oneLine(notice.text), 200),
    name: oneLine(name),
    language: locale,
    direction,
    start: direction === 'rtl' ? 'right' : 'left',
    siteUrl,
    addressLines: (postalAddress ?? '').split('\n').map(oneLine).filter(Boolean),
  };
  return { subject: short, html: await renderEmail('notice', view), text: renderText('notice', view) };
}
