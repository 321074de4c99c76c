// The publisher's words in a mail: introduction, closing and sponsor. They pass the same allow-list as posts:
// a stray tag must not break the mail.
import { hasBlocks, htmlOf, looksLikeHtml, paragraphsOf } from '../posts/html-text.js';
import { sanitise } from '../posts/sanitise.js';
import { mailBody, type BodyStyle } from './mail-html.js';

export interface OwnWords {
  html: string;
  text: string;
}

// In escaped text, the < and > around an address are entities. A full stop after an address belongs to the
// sentence.
const bareAddress = /https?:\/\/(?:(?!&[lg]t;)[^\s<>"])*[^\s<>"&.,;:!?)\]’”»]/g;
const linkOrTag = /(<a\s[^]*?<\/a>|<[^<>]*>)/i;

/** Turns addresses into links, except in tags and in links. */
const linked = (html: string): string =>
  html
    .split(linkOrTag)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replaceAll(bareAddress, (address) => `<a href="${address}">${address}</a>`),
    )
    .join('');

/** `words` (plain text or HTML) as clean HTML. Text with a bold word or a link still counts as plain text. */
export function htmlOfWords(words: string): string {
  if (hasBlocks(words)) return sanitise(words);
  const lines = words.replaceAll(/\r\n?/g, '\n');
  // A <br> at the end of a line means one break, not two.
  const html = looksLikeHtml(lines)
    ? paragraphsOf(lines.replaceAll(/<br\s*\/?> *\n?/gi, '\n'))
    : htmlOf(lines);
  return sanitise(linked(html));
}

/** `words` (plain text or HTML) for both parts of a mail; undefined if they are empty. */
export function ownWords(words: string | undefined, style: BodyStyle): OwnWords | undefined {
  if (words === undefined || words.trim() === '') return undefined;
  return mailBody(htmlOfWords(words), style);
}
