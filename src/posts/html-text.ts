// The words of a piece of HTML.
import { compile } from 'html-to-text';
import { cleanText } from './plain-text.js';

const headings = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];

const convert = compile({
  wordwrap: false,
  // Stack depth and work are bounded whatever comes; sanitised HTML stays far below.
  limits: { maxDepth: 100, maxInputLength: 600_000 },
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    { selector: 'hr', format: 'skip' },
    { selector: 'blockquote', options: { trimEmptyLines: true } },
    ...headings.map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** The text of `html` in paragraphs, without addresses and images. */
export function textOf(html: string): string {
  return cleanText(convert(html)).trim();
}

/** The text without the marks of CDATA that was escaped, or put into CDATA. */
export function withoutCdata(text: string): string {
  return text.includes('<![CDATA[') ? text.replaceAll('<![CDATA[', '').replaceAll(']]>', '') : text;
}

// What a publisher writes into a title to have it set in italics or code, as opposed to the title "How <div> works".
const inlineTag =
  /<\/?(?:a|abbr|b|bdi|br|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|u|var|wbr)(?:\s[^<>]*)?\/?>/gi;
const encoded = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,30});/gi;

/** A title that may hold HTML, as plain text: formatting tags dropped, character references decoded once. */
export function titleText(title: string): string {
  return withoutCdata(title.slice(0, 5_000))
    .replaceAll(inlineTag, '')
    .replaceAll(encoded, (reference) => convert(`x${reference}x`).slice(1, -1));
}

/** True if the text would lose something by being shown as plain text. */
export function looksLikeHtml(text: string): boolean {
  return /<\/?(?:p|br|div|a|img|ul|ol|li|h[1-6]|em|i|b|strong|span|blockquote|table|figure|pre|code|video|iframe|section|article)(?:\s[^<>]*)?\/?>/i.test(
    text,
  );
}

/** Plain text as HTML: blank lines part paragraphs. */
export function htmlOf(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => `<p>${paragraph.replaceAll('\n', '<br />')}</p>`)
    .join('');
}
