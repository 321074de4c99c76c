// The publisher's own words in a mail: what opens and closes it, and the sponsor's block. They go through the same
// allow-list as posts: a stray tag in them must not break a mail for everybody.
import { hasBlocks, htmlOf, looksLikeHtml, paragraphsOf } from '../posts/html-text.js';
import { sanitise } from '../posts/sanitise.js';
import { mailHtml, mailText, type BodyStyle } from './mail-html.js';

export interface OwnWords {
  html: string;
  text: string;
}

// Where text is escaped, the < and > around an address are entities; a full stop after it is the sentence's.
const bareAddress = /https?:\/\/(?:(?!&[lg]t;)[^\s<>"])*[^\s<>"&.,;:!?)\]’”»]/g;
const linkOrTag = /(<a\s[^]*?<\/a>|<[^<>]*>)/i;

/** With its addresses as links, but for those in tags and in links. */
const linked = (html: string): string =>
  html
    .split(linkOrTag)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replaceAll(bareAddress, (address) => `<a href="${address}">${address}</a>`),
    )
    .join('');

/** `words` (plain text or HTML) as clean HTML. A bold word or a link makes no HTML of it: lines and addresses stay theirs. */
export function htmlOfWords(words: string): string {
  if (hasBlocks(words)) return sanitise(words);
  const lines = words.replaceAll(/\r\n?/g, '\n');
  // Who types <br> and goes on in the next line means one break.
  const html = looksLikeHtml(lines)
    ? paragraphsOf(lines.replaceAll(/<br\s*\/?> *\n?/gi, '\n'))
    : htmlOf(lines);
  return sanitise(linked(html));
}

/** `words` (plain text or HTML) for both parts of a mail, or undefined if they say nothing. */
export function ownWords(words: string | undefined, style: BodyStyle): OwnWords | undefined {
  if (words === undefined || words.trim() === '') return undefined;
  const html = mailHtml(htmlOfWords(words), style);
  return html === '' ? undefined : { html, text: mailText(html) };
}
