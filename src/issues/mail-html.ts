// A post's stored HTML as a mail may carry it. It was sanitised on the way in (src/posts/sanitise.ts); mail wants more:
// images over https and no wider than the column, headings below the post's own, and looks in style attributes, since
// some programs read no style sheet. The sanitiser closes what is open: nothing can leave the post's place.
import { convert } from 'html-to-text';
import sanitizeHtml from 'sanitize-html';
import { parseUrl } from '../parse-url.js';

/** How a mail's template sets whole posts. */
export interface BodyStyle {
  /** CSS pixels that no image is wider than. */
  column: number;
  /** Of links. */
  accent: string;
  direction: 'ltr' | 'rtl';
}

/** The style attributes of tags where words begin at `start`. */
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

/**
 * The image's address over https, or undefined. Readers' programs block or warn of http, and most sites answer on both.
 * The machine's own addresses stay as they are: that is a trial on one's own computer.
 */
export function secureImageUrl(address: string): string | undefined {
  const url = parseUrl(address);
  if (url === undefined) return undefined;
  if (url.protocol === 'https:') return url.href;
  if (url.protocol !== 'http:') return undefined;
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) return url.href;
  url.protocol = 'https:';
  return url.href;
}

function image(attribs: sanitizeHtml.Attributes, column: number): sanitizeHtml.Tag {
  const src = secureImageUrl(attribs['src'] ?? '');
  const width = Number(attribs['width']);
  const height = Number(attribs['height']);
  if (src === undefined || width < 8 || height < 8) return { tagName: 'img', attribs: {} };
  const shown = width > 0 ? Math.min(width, column) : column;
  return {
    tagName: 'img',
    attribs: {
      src,
      alt: attribs['alt'] ?? '',
      width: String(shown),
      ...(width > 0 && height > 0 ? { height: String(Math.round((height * shown) / width)) } : {}),
      // Icons and emoji stay in their line.
      style: `max-width:100%;height:auto${shown < 100 ? '' : ';display:block;margin:0 0 16px'}`,
    },
  };
}

export const mailTags = [
  ...'p div br hr h3 h4 blockquote q cite ul ol li dl dt dd pre code kbd samp var'.split(' '),
  ...'em i strong b u s del ins small sub sup mark abbr a img figure figcaption'.split(' '),
  ...'table caption thead tbody tfoot tr th td'.split(' '),
];

function optionsFor({ column, accent, direction }: BodyStyle): sanitizeHtml.IOptions {
  const looks = looksFrom(direction === 'rtl' ? 'right' : 'left');
  /** The tag as `tagName`, with its own look and of its attributes only those named. */
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
    // A style here is this file's own: only tags whose transformation drops what came with them may have one.
    allowedAttributes: {
      ...Object.fromEntries(Object.keys(looks).map((tag) => [tag, ['style']])),
      ol: ['start', 'style'],
      a: ['href', 'style', 'class'],
      img: ['src', 'alt', 'width', 'height', 'style'],
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
      img: (_, attribs) => image(attribs, column),
      table: () => ({
        tagName: 'table',
        attribs: { cellpadding: '6', style: 'margin:0 0 16px;font-size:15px' },
      }),
    },
    exclusiveFilter: ({ tag, attribs }) => tag === 'img' && !attribs['src'],
  };
}

/** The HTML for a mail's body. Idempotence is not promised: headings sink. */
export function mailHtml(html: string, style: BodyStyle): string {
  return sanitizeHtml(html, optionsFor(style)).trim();
}

/** The same words as plain text, with the addresses of its links. */
export function mailText(html: string): string {
  return convert(html, {
    wordwrap: false,
    limits: { maxDepth: 100, maxInputLength: 600_000 },
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
      ...['h1', 'h2', 'h3', 'h4'].map((selector) => ({ selector, options: { uppercase: false } })),
    ],
  }).trim();
}
