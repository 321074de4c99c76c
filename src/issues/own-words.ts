// The publisher's own words in a mail: what opens and closes it, and the sponsor's block. They go through the same
// allow-list as posts: a stray tag in them must not break a mail for everybody.
import { htmlOf, looksLikeHtml } from '../posts/html-text.js';
import { sanitise } from '../posts/sanitise.js';
import { mailHtml, mailText, type BodyStyle } from './mail-html.js';

export interface OwnWords {
  html: string;
  text: string;
}

// In escaped text, where the < and > around an address are entities; a full stop after it is the sentence's.
const bareAddress = /https?:\/\/(?:(?!&[lg]t;)[^\s<>"])*[^\s<>"&.,;:!?)\]’”»]/g;

const linked = (html: string): string =>
  html.replaceAll(bareAddress, (address) => `<a href="${address}">${address}</a>`);

/** `words` (plain text or HTML) as clean HTML. */
export const htmlOfWords = (words: string): string =>
  sanitise(looksLikeHtml(words) ? words : linked(htmlOf(words)));

/** `words` (plain text or HTML) for both parts of a mail, or undefined if they say nothing. */
export function ownWords(words: string | undefined, style: BodyStyle): OwnWords | undefined {
  if (words === undefined || words.trim() === '') return undefined;
  const html = mailHtml(htmlOfWords(words), style);
  return html === '' ? undefined : { html, text: mailText(html) };
}
