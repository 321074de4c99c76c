// Converts HTML to plain text, and plain text to HTML.
import { compile, type FormatCallback, type SelectorDefinition } from 'html-to-text';
import { mediaAttribute } from './media-links.js';
import { cleanText } from '../text/clean-text.js';

const headings = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'];

const cell: FormatCallback = (element, walk, builder) => {
  walk(element.children, builder);
  // Collapses with adjacent white space, and disappears at the end of a line.
  builder.addInline(' ');
};

/** Options for html-to-text that separate a row's cells and a list's terms. By default it joins them. */
export const parted = {
  formatters: { cell },
  selectors: [
    ...['td', 'th'].map((selector) => ({ selector, format: 'cell' })),
    ...['tr', 'caption', 'dt', 'dd'].map((selector) => ({
      selector,
      format: 'block',
      options: { leadingLineBreaks: 1, trailingLineBreaks: 1 },
    })),
  ],
};
const isParted = /<(?:t[dh]|d[td]|caption)[\s>]/;

const selectors: SelectorDefinition[] = [
  { selector: 'a', options: { ignoreHref: true } },
  // It says what a reader may do, not what the post says.
  { selector: `a[${mediaAttribute}]`, format: 'skip' },
  { selector: 'img', format: 'skip' },
  { selector: 'hr', format: 'skip' },
  { selector: 'blockquote', options: { trimEmptyLines: true } },
  ...headings.map((selector) => ({ selector, options: { uppercase: false } })),
];

const options = {
  wordwrap: false,
  // Bounds stack depth and work for any input. Sanitised HTML stays far below.
  limits: { maxDepth: 100, maxInputLength: 600_000 },
} as const;

const convert = compile({ ...options, selectors });
const convertParted = compile({
  ...options,
  formatters: parted.formatters,
  selectors: [...selectors, ...parted.selectors],
});

/** The text of `html` in paragraphs, without addresses and images. */
export function textOf(html: string): string {
  return cleanText((isParted.test(html) ? convertParted : convert)(html)).trim();
}

/** An item without its mark. A dot parts it from the next one, if no full stop does. */
const item: FormatCallback = (element, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 1 });
  walk(element.children, builder);
  const end = textOfDom(element.children).trim().slice(-1);
  if (isFollowed(element) && !/^[.!?…:;,。！？：；،؛؟]?$/u.test(end)) builder.addInline(' ·');
  builder.closeBlock({ trailingLineBreaks: 1 });
};

type DomNode = Parameters<FormatCallback>[0];

const textOfDom = (nodes: readonly DomNode[]): string =>
  nodes.map((node) => (node.type === 'text' ? String(node.data) : textOfDom(node.children ?? []))).join('');

/** html-to-text's types leave out the next sibling. */
type Sibling = DomNode & { next?: Sibling | null };

function isFollowed(element: Sibling): boolean {
  for (let next = element.next; next; next = next.next) if (next.name === 'li') return true;
  return false;
}

const apart = { format: 'block', options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } };

/** Text in one line has no room for the marks of quotes and lists. */
const convertUnmarked = (skipped: readonly string[]) =>
  compile({
    ...options,
    formatters: { ...parted.formatters, item },
    selectors: [
      ...selectors.filter(({ selector }) => selector !== 'blockquote' && !skipped.includes(selector)),
      ...parted.selectors,
      ...['blockquote', 'ul', 'ol'].map((selector) => ({ selector, ...apart })),
      { selector: 'li', format: 'item' },
      ...skipped.map((selector) => ({ selector, format: 'skip' })),
    ],
  });
const unmarked = convertUnmarked([]);
const besidesProse = ['pre', 'figcaption', ...headings];
const proseOnly = convertUnmarked(besidesProse);
const proseWithoutTables = convertUnmarked([...besidesProse, 'table']);
/** With fewer letters, a table may hold the whole post, as in mails that became posts. */
const enoughProse = 60;

/**
 * The prose of `html`, for an excerpt: without headings, captions, code and tables, and without the marks of quotes
 * and lists. A post without prose gives all of its text.
 */
export function proseOf(html: string): string {
  const prose = html.includes('<table') ? cleanText(proseWithoutTables(html)).trim() : '';
  return prose.length >= enoughProse
    ? prose
    : cleanText(proseOnly(html)).trim() || cleanText(unmarked(html)).trim();
}

/**
 * The text as the ledger stores it, and by which it recognises posts (identity/identity.ts). A row's cells run
 * together in it, as they always have: with other word breaks, a known post would count as a new one.
 */
export function ledgerText(html: string): string {
  return cleanText(convert(html)).trim();
}

/** A post's text for display. `text` is the text that the ledger stores beside `html`. */
export function shownText({ html, text }: { html: string; text: string }): string {
  if (!isParted.test(html)) return text;
  const shown = textOf(html);
  const letters = (words: string): string => words.replaceAll(/\s+/g, '');
  // If the letters differ, the author supplied the text, or it was cut off.
  return letters(shown) === letters(text) ? shown : text;
}

/** The text without CDATA marks, which remain when CDATA was escaped or put into CDATA. */
export function withoutCdata(text: string): string {
  return text.includes('<![CDATA[') ? text.replaceAll('<![CDATA[', '').replaceAll(']]>', '') : text;
}

// Tags that publishers use to format a title. The title "How <div> works" keeps its tag.
const inlineTag =
  /<\/?(?:a|abbr|b|bdi|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|u|var|wbr)(?:\s[^<>]*)?\/?>/gi;
const encoded = /&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,30});/gi;

// An image is shown beside a title, not in it. The title "How <img> works" contains no image.
const lineBreakOrImage = /<br\s*\/?>|<br\s[^<>]*>|<img\s[^<>]*>/gi;
// Matches a title that is one paragraph or heading as a whole. A title about <div> has no </div> at its end.
const wrapped = /^\s*<(p|h[1-6]|div)(?:\s[^<>]*)?>.*<\/\1>\s*$/is;
const blockTag = /<\/?(?:p|h[1-6]|div)(?:\s[^<>]*)?>/gi;

const alternative = /\salt\s*=\s*(?:"([^"]*)"|'([^']*)')/i;
const emoji = /^\p{Extended_Pictographic}/u;

/**
 * A title that may contain HTML, as plain text. Drops formatting tags, images and enclosing blocks, and decodes
 * character references once. Images of emoji stay as text, and a title of images alone is their alternative text.
 */
export function titleText(title: string): string {
  const given = withoutCdata(title.slice(0, 5_000));
  const words = titleWords(given, (alt) => (emoji.test(alt) ? alt : ' '));
  return words.trim() === '' ? titleWords(given, (alt) => ` ${alt} `) : words;
}

/** `shown` returns what stands for an image, from its alternative text. */
function titleWords(title: string, shown: (alt: string) => string): string {
  const broken = title.replaceAll(lineBreakOrImage, (tag) => {
    const [, ...alts] = alternative.exec(tag) ?? [];
    return shown(alts.find((alt) => alt !== undefined) ?? '');
  });
  return (wrapped.test(broken) ? broken.replaceAll(blockTag, ' ') : broken)
    .replaceAll(inlineTag, '')
    .replaceAll(encoded, characterOf);
}

const characterOf = (reference: string): string => convert(`x${reference}x`).slice(1, -1);

/** Text without tags in which HTML's character references remained: WordPress ends an excerpt with "[&#8230;]". */
export const withCharacters = (text: string): string => text.replaceAll(encoded, characterOf);

/** True if the text contains HTML tags, so that it must not be shown as plain text. */
export function looksLikeHtml(text: string): boolean {
  return /<\/?(?:p|br|div|a|img|ul|ol|li|h[1-6]|em|i|b|strong|span|blockquote|table|figure|pre|code|video|iframe|section|article)(?:\s[^<>]*)?\/?>/i.test(
    text,
  );
}

/** True if tags of the HTML mark its paragraphs. */
export function hasBlocks(html: string): boolean {
  return /<(?:p|div|ul|ol|dl|h[1-6]|hr|blockquote|table|figure|pre|section|article)(?:\s[^<>]*)?\/?>/i.test(
    html,
  );
}

/** Turns words with only inline tags into paragraphs. Blank lines separate them. */
export function paragraphsOf(html: string): string {
  return html
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => `<p>${paragraph.replaceAll('\n', '<br />')}</p>`)
    .join('');
}

/** Plain text as HTML. */
export function htmlOf(text: string): string {
  return paragraphsOf(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
}
