// A post's HTML as the plain text of a mail, with the addresses of its links.
import { convert, type FormatCallback } from 'html-to-text';
import { parted } from '../posts/html-text.js';

/** The description of a picture, in brackets; that of an emoji is the emoji. A picture without one is left out. */
const picture: FormatCallback = ({ attribs }, _, builder) => {
  const words = attribs['alt'] ?? '';
  if (words !== '') builder.addInline(/[\p{L}\p{N}]/u.test(words) ? `[${words}]` : words);
};

const block = (selector: string, lineBreaks: number) => ({
  selector,
  format: 'block',
  options: { leadingLineBreaks: lineBreaks, trailingLineBreaks: lineBreaks },
});

/** `html` is the result of mail-html.ts. */
export function mailText(html: string): string {
  return convert(html, {
    wordwrap: false,
    limits: { maxDepth: 100, maxInputLength: 600_000 },
    formatters: { ...parted.formatters, picture },
    selectors: [
      ...parted.selectors,
      // An address at the end of a picture's link must not run into the words of the caption.
      block('figure', 2),
      block('figcaption', 1),
      { selector: 'img', format: 'picture' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
      ...['h1', 'h2', 'h3', 'h4'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  }).trim();
}
