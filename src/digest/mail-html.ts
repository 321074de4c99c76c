// A post's stored HTML as a mail may contain it. It was sanitised when it was stored (src/posts/sanitise.ts).
// Mail needs more: images over https and no wider than the column, headings below the post's title, and
// styles in attributes, because some programs ignore style sheets. The sanitiser closes open tags, so nothing
// leaves the post's place.
import { convert } from 'html-to-text';
import sanitizeHtml from 'sanitize-html';
import type { ImageBook } from '../images/image-book.js';
import { parted } from '../posts/html-text.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import { mailTags } from './mail-tags.js';

/** How a mail template formats whole posts. */
export interface BodyStyle {
  /** The greatest width of an image, in CSS pixels. */
  column: number;
  /** The colour of links. */
  accent: string;
  direction: 'ltr' | 'rtl';
  images: ImageBook;
}

/** The style attributes of tags, where lines begin at `start`. */
const looksFrom = (start: 'left' | 'right'): Readonly<Record<string, string>> => ({
  p: 'margin:0 0 16px',
  blockquote: `margin:0 0 16px;padding:0;padding-${start}:16px;border-${start}:3px solid #c9c4b8`,
  pre: 'margin:0 0 16px;white-space:pre-wrap;font-size:14px;line-height:21px',
  ul: `margin:0 0 16px;padding:0;padding-${start}:24px`,
  ol: `margin:0 0 16px;padding:0;padding-${start}:24px`,
  h3: 'margin:24px 0 8px;font-size:19px;line-height:26px',
  h4: 'margin:20px 0 8px;font-size:17px;line-height:24px',
  figure: 'margin:0 0 16px',
  figcaption: 'font-size:14px;line-height:21px',
  small: 'font-size:14px',
  sub: 'font-size:14px;line-height:1',
  sup: 'font-size:14px;line-height:1',
});

function image(attribs: sanitizeHtml.Attributes, { column, images }: BodyStyle): sanitizeHtml.Tag {
  const src = secureImageUrl(attribs['src'] ?? '');
  const measured = src === undefined ? undefined : images.sizeOf(src);
  const said = { width: Number(attribs['width']), height: Number(attribs['height']) };
  const { width, height } = said.width > 0 ? said : (measured ?? said);
  if (src === undefined || images.isNone(src) || width < 8 || height < 8)
    return { tagName: 'img', attribs: {} };
  const shown = width > 0 ? Math.min(width, column) : column;
  // A width alone gives no proportions; the image file does.
  const across = height > 0 ? height / width : measured && measured.height / measured.width;
  return {
    tagName: 'img',
    attribs: {
      src: images.addressOf(src, shown),
      alt: attribs['alt'] ?? '',
      width: String(shown),
      ...(across === undefined ? {} : { height: String(Math.round(across * shown)) }),
      // On a phone it shrinks, also before it is loaded; elsewhere it has its stated width.
      ...(shown > 280 ? { class: 'fit' } : {}),
      // Icons and emoji stay in their line.
      style: `max-width:100%;height:auto${shown < 100 ? '' : ';display:block;margin:0 0 16px'}`,
    },
  };
}

function optionsFor(style: BodyStyle): sanitizeHtml.IOptions {
  const { accent, direction } = style;
  const looks = looksFrom(direction === 'rtl' ? 'right' : 'left');
  /** The tag as `tagName`, with its style and only the named attributes. */
  const styled =
    (tagName: string, ...kept: string[]): sanitizeHtml.Transformer =>
    (_, attribs) => ({
      tagName,
      attribs: {
        ...Object.fromEntries(Object.entries(attribs).filter(([name]) => kept.includes(name))),
        ...(looks[tagName] === undefined ? {} : { style: looks[tagName] }),
      },
    });
  return {
    allowedTags: mailTags,
    // Every style here comes from this file. A tag may have one only if its transformation drops what came
    // with it.
    allowedAttributes: {
      ...Object.fromEntries(Object.keys(looks).map((tag) => [tag, ['style']])),
      ol: ['start', 'style'],
      a: ['href', 'style', 'class'],
      img: ['src', 'alt', 'width', 'height', 'style', 'class'],
      td: ['colspan', 'rowspan'],
      th: ['colspan', 'rowspan'],
      table: ['cellpadding', 'style'],
    },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowedSchemesByTag: { img: ['http', 'https'] },
    allowProtocolRelative: false,
    parseStyleAttributes: false,
    nestingLimit: 40,
    transformTags: {
      ...Object.fromEntries(Object.keys(looks).map((tag) => [tag, styled(tag)])),
      ol: styled('ol', 'start'),
      h1: styled('h3'),
      h2: styled('h3'),
      h3: styled('h4'),
      h5: styled('h4'),
      h6: styled('h4'),
      a: (_, { href }) => ({
        tagName: 'a',
        attribs: href ? { href, class: 'a', style: `color:${accent}` } : {},
      }),
      img: (_, attribs) => image(attribs, style),
      table: () => ({
        tagName: 'table',
        attribs: { cellpadding: '6', style: 'margin:0 0 16px;font-size:15px' },
      }),
    },
    exclusiveFilter: ({ tag, attribs }) => tag === 'img' && !attribs['src'],
  };
}

// A small phone's column in CSS pixels, the padding of a cell, and the width of a bold letter at 15 px.
const narrow = { column: 290, around: 14, letter: 8.5 };

/**
 * Keeps a table's short words whole beside a long neighbour ("Mo-nd-ay" otherwise). All columns together get
 * no more than a phone's width.
 */
function keepShortWords(table: string): string {
  const columns = table
    .split('</tr>')
    .reduce((most, row) => Math.max(most, row.match(/<t[dh][ >]/g)?.length ?? 0), 1);
  const most = Math.floor((narrow.column / columns - narrow.around) / narrow.letter);
  return table.replaceAll(
    /<(t[dh])((?: [^>]*)?)>((?:(?!<\/?t[dh][ >])[^])*)/g,
    (cell, tag: string, said: string, words: string) =>
      words
        .replaceAll(/<[^>]*>|&nbsp;/g, ' ')
        .split(/\s/)
        .every((word) => word.length <= most)
        ? `<${tag}${said} style="word-break:normal">${words}`
        : cell,
  );
}

const innermostTable = /<table(?: [^>]*)?>(?:(?!<\/?table[ >])[^])*<\/table>/g;

/** The HTML for a mail's body. Not idempotent: headings move down a level. */
export function mailHtml(html: string, style: BodyStyle): string {
  return sanitizeHtml(html, optionsFor(style)).trim().replaceAll(innermostTable, keepShortWords);
}

/** The same as plain text, with the addresses of its links. */
export function mailText(html: string): string {
  return convert(html, {
    wordwrap: false,
    limits: { maxDepth: 100, maxInputLength: 600_000 },
    formatters: parted.formatters,
    selectors: [
      ...parted.selectors,
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
      ...['h1', 'h2', 'h3', 'h4'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  }).trim();
}
