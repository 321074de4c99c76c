// A post's stored HTML as a mail may contain it. It was sanitised when it was stored (src/posts/sanitise.ts).
// Mail needs more: images over https and no wider than the column, headings below the post's title, and
// styles in attributes, because some programs ignore style sheets. The sanitiser closes open tags, so nothing
// leaves the post's place.
import sanitizeHtml from 'sanitize-html';
import type { ImageBook } from '../images/image-book.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import { withGalleries } from './galleries.js';
import { withEmoji, withNamedLinks } from './linked-pictures.js';
import { boxed as inBoxes, type BoxStyle } from './mail-boxes.js';
import { mailTags } from './mail-tags.js';
import { mailText } from './mail-text.js';

/** How a mail template formats whole posts. */
export interface BodyStyle {
  /** The greatest width of an image, in CSS pixels. */
  column: number;
  /** The colour of links. */
  accent: string;
  direction: 'ltr' | 'rtl';
  images: ImageBook;
  /** The colours of quotes, code and tables. Absent: a page, whose style sheet has them. */
  colours?: Omit<BoxStyle, 'start'>;
}

/** A taller picture would fill a screen by itself. CSS pixels. */
export const tallestPicture = 480;
/** Between the two pictures in a row of a gallery. */
const gap = 8;

const startOf = ({ direction }: Pick<BodyStyle, 'direction'>) => (direction === 'rtl' ? 'right' : 'left');

/**
 * The style attributes of tags, where lines begin at `start`. Only margins: Outlook on Windows honours padding on
 * table cells alone (caniemail.com: css-padding).
 */
function looksFrom(start: 'left' | 'right', colours: BodyStyle['colours']): Readonly<Record<string, string>> {
  const list = start === 'left' ? 'margin:0 0 16px 24px;padding:0' : 'margin:0 24px 16px 0;padding:0';
  return {
    p: 'margin:0 0 16px',
    blockquote: 'margin:0 0 16px',
    pre: 'margin:0;white-space:pre-wrap;font-size:14px;line-height:21px',
    ul: list,
    ol: list,
    li: 'margin:0 0 6px',
    dt: 'font-weight:bold',
    dd: start === 'left' ? 'margin:0 0 8px 24px' : 'margin:0 24px 8px 0',
    h3: 'margin:24px 0 8px;font-size:19px;line-height:26px',
    h4: 'margin:20px 0 8px;font-size:17px;line-height:24px',
    figure: 'margin:0 0 16px',
    figcaption: `margin:-8px 0 0;font-size:14px;line-height:21px${colours === undefined ? '' : `;color:${colours.dim}`}`,
    caption: 'font-size:14px;line-height:21px;text-align:start',
    hr: `margin:24px 0;border:0;border-top:1px solid ${colours?.rule ?? '#d9d5cb'}`,
    small: 'font-size:14px',
    sub: 'font-size:14px;line-height:1',
    sup: 'font-size:14px;line-height:1',
  };
}

function image(attribs: sanitizeHtml.Attributes, { column, images, colours }: BodyStyle): sanitizeHtml.Tag {
  const src = secureImageUrl(attribs['src'] ?? '');
  const measured = src === undefined ? undefined : images.sizeOf(src);
  const said = { width: Number(attribs['width']), height: Number(attribs['height']) };
  const { width, height } = said.width > 0 ? said : (measured ?? said);
  if (src === undefined || images.isNone(src) || width < 8 || height < 8)
    return { tagName: 'img', attribs: {} };
  // A width alone gives no proportions; the image file does.
  const ratio = height > 0 ? height / width : measured && measured.height / measured.width;
  const half = attribs['data-half'] !== undefined;
  const most = half ? (column - gap) / 2 : column;
  const tall = ratio !== undefined && most * ratio > tallestPicture;
  const widest = tall ? Math.round(tallestPicture / ratio) : most;
  const shown = width > 0 ? Math.min(width, widest) : widest;
  // On a phone it shrinks, also before it is loaded; elsewhere it has its stated width.
  const fits = half || (shown > 280 && ratio !== undefined && !tall);
  const boxed = colours !== undefined && shown >= 100;
  const classes = [...(fits ? ['fit'] : []), ...(boxed && !isDrawing(src) ? ['list dim'] : [])].join(' ');
  const limit = ratio === undefined ? `;max-height:${tallestPicture}px;width:auto` : '';
  // Icons and emoji stay in their line.
  const place = half ? ';display:block' : shown < 100 ? '' : ';display:block;margin:0 0 16px';
  return {
    tagName: 'img',
    attribs: {
      src: images.addressOf(src, shown),
      alt: attribs['alt'] ?? '',
      width: String(shown),
      ...(ratio === undefined ? {} : { height: String(Math.round(ratio * shown)) }),
      ...(classes === '' ? {} : { class: classes }),
      style: `max-width:100%;height:auto${limit}${place}${boxed ? unloaded(colours) : ''}`,
    },
  };
}

/** A picture that is not loaded is a panel with its description, not a hole in the text. */
const unloaded = ({ panel, dim }: NonNullable<BodyStyle['colours']>): string =>
  `;border-radius:4px;background:${panel};font:15px/22px Arial,sans-serif;text-align:center;color:${dim}`;

/** May be transparent. On a dark panel, the black lines of a drawing would vanish. */
const isDrawing = (src: string): boolean => /\.(?:png|gif|webp|svg)(?:$|[?#])/i.test(src);

const isPlace = (value: string | undefined): boolean => /^(?:left|right|center)$/i.test(value ?? '');

/** A cell of a post's table, or of a gallery that galleries.ts has made. */
function cell(tagName: string, attribs: sanitizeHtml.Attributes, start: 'left' | 'right'): sanitizeHtml.Tag {
  const { colspan, rowspan, align, 'data-half': half } = attribs;
  if (half === undefined)
    return {
      tagName,
      attribs: {
        ...(colspan === undefined ? {} : { colspan }),
        ...(rowspan === undefined ? {} : { rowspan }),
        ...(isPlace(align) ? { align: align!.toLowerCase() } : tagName === 'th' ? { align: start } : {}),
      },
    };
  const inner = (half === 'first') === (start === 'left') ? 'right' : 'left';
  return {
    tagName,
    attribs: { width: '50%', valign: 'top', style: `padding:0 0 ${gap}px;padding-${inner}:${gap / 2}px` },
  };
}

function table(attribs: sanitizeHtml.Attributes): sanitizeHtml.Tag {
  return attribs['data-half'] === undefined
    ? {
        tagName: 'table',
        attribs: { cellpadding: '6', style: 'margin:0 0 16px;border-collapse:collapse;font-size:15px' },
      }
    : {
        tagName: 'table',
        attribs: {
          role: 'presentation',
          width: '100%',
          cellpadding: '0',
          cellspacing: '0',
          border: '0',
          // A picture that is not loaded must not widen its column.
          style: `table-layout:fixed;margin:0 0 ${gap}px`,
        },
      };
}

function optionsFor(style: BodyStyle): sanitizeHtml.IOptions {
  const { accent, colours } = style;
  const start = startOf(style);
  const looks = looksFrom(start, colours);
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
  const cells = ['colspan', 'rowspan', 'align', 'width', 'valign', 'style'];
  return {
    allowedTags: mailTags,
    // Every style here comes from this file. A tag may have one only if its transformation drops what came
    // with it.
    allowedAttributes: {
      ...Object.fromEntries(Object.keys(looks).map((tag) => [tag, ['style', 'class']])),
      ol: ['start', 'style'],
      a: ['href', 'style', 'class'],
      img: ['src', 'alt', 'width', 'height', 'style', 'class'],
      td: cells,
      th: cells,
      table: ['cellpadding', 'cellspacing', 'border', 'role', 'width', 'style'],
    },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowedSchemesByTag: { img: ['http', 'https'] },
    allowProtocolRelative: false,
    parseStyleAttributes: false,
    nestingLimit: 40,
    transformTags: {
      ...Object.fromEntries(Object.keys(looks).map((tag) => [tag, styled(tag)])),
      p: (_, attribs) => ({
        tagName: 'p',
        attribs: {
          style:
            attribs['data-half'] === undefined
              ? looks['p']!
              : 'margin:6px 0 4px;font-size:14px;line-height:20px',
        },
      }),
      figcaption: () => ({ tagName: 'figcaption', attribs: { class: 'dim', style: looks['figcaption']! } }),
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
      td: (tagName, attribs) => cell(tagName, attribs, start),
      th: (tagName, attribs) => cell(tagName, attribs, start),
      table: (_, attribs) => table(attribs),
    },
    exclusiveFilter: ({ tag, attribs }) => tag === 'img' && !attribs['src'],
  };
}

/** The HTML for a page's or a mail's body, without the boxes of a mail. Not idempotent: headings move down a level. */
export function mailHtml(html: string, style: BodyStyle): string {
  const named = withNamedLinks(withEmoji(html));
  const shows = (src: string): boolean => {
    const url = secureImageUrl(src);
    return url !== undefined && !style.images.isNone(url);
  };
  return sanitizeHtml(
    style.colours === undefined ? named : withGalleries(named, shows),
    optionsFor(style),
  ).trim();
}

/** The same for both parts of a mail; undefined if nothing is left. */
export function mailBody(html: string, style: BodyStyle): { html: string; text: string } | undefined {
  const clean = mailHtml(html, style);
  if (clean === '') return undefined;
  const { colours } = style;
  return {
    html: colours === undefined ? clean : inBoxes(clean, { ...colours, start: startOf(style) }),
    text: mailText(clean),
  };
}
