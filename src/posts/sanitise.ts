// Passes HTML from outside through a strict allow-list before it is stored. Stored HTML may go into a mail or
// a page unchanged. It has no script, style, form, frame, SVG, data: image or tracking pixel, and each
// address is absolute http, https or mailto. A second run changes nothing.
import sanitizeHtml from 'sanitize-html';
import { withoutCdata } from './html-text.js';
import { cleanText } from '../text/clean-text.js';
import { withMediaLinks } from './embeds.js';
import { type PostAtHand, withoutFurniture } from './furniture.js';
import { allowedTags, blocks, droppedWhole, nestingLimit } from '../text/html-tree.js';
import { limitNesting } from '../text/limit-nesting.js';
import { lazyAddresses, withoutPlaceholders } from './lazy-images.js';
import { isMediaKind, mediaAttribute, secondsAttribute } from './media-links.js';
import { safeUrl } from './safe-url.js';

const allowedAttributes = {
  a: ['href', 'title', mediaAttribute, secondsAttribute],
  abbr: ['title'],
  img: ['src', 'alt', 'title', 'width', 'height'],
  ol: ['start'],
  td: ['colspan', 'rowspan', 'align'],
  th: ['colspan', 'rowspan', 'align'],
};

const charactersAtMost = 500_000;
/** A width or height in pixels, or undefined if the value is unusable. */
export function pixels(text: string | number | undefined): number | undefined {
  const number = Number(/^\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*$/.exec(String(text ?? ''))?.[1] ?? Number.NaN);
  return number > 0 && number <= 20_000 ? number : undefined;
}

function link(attribs: sanitizeHtml.Attributes, base: string | undefined): sanitizeHtml.Tag {
  const href = safeUrl(attribs['href'], base, ['http:', 'https:', 'mailto:']);
  if (href === undefined) return { tagName: 'a', attribs: {} };
  return {
    tagName: 'a',
    attribs: {
      href,
      ...(attribs['title'] ? { title: cleanText(attribs['title']) } : {}),
      ...mediaMarks(attribs),
    },
  };
}

/** The attributes of a link that stands for a player (media-links.ts). */
function mediaMarks(attribs: sanitizeHtml.Attributes): sanitizeHtml.Attributes {
  const kind = attribs[mediaAttribute];
  const seconds = attribs[secondsAttribute] ?? '';
  if (kind === undefined || !isMediaKind(kind)) return {};
  return {
    [mediaAttribute]: kind,
    ...(/^[1-9]\d{0,4}$/.test(seconds) ? { [secondsAttribute]: seconds } : {}),
  };
}

function image(attribs: sanitizeHtml.Attributes, base: string | undefined): sanitizeHtml.Tag {
  const src = lazyAddresses(attribs)
    .map((address) => safeUrl(address, base))
    .find((address) => address !== undefined);
  const width = pixels(attribs['width']);
  const height = pixels(attribs['height']);
  const isPixel =
    /^\s*[01](px)?\s*$/.test(attribs['width'] ?? '') || /^\s*[01](px)?\s*$/.test(attribs['height'] ?? '');
  if (src === undefined || isPixel) return { tagName: 'img', attribs: {} };
  return {
    tagName: 'img',
    attribs: {
      src,
      alt: cleanText(attribs['alt'] ?? ''),
      ...(attribs['title'] ? { title: cleanText(attribs['title']) } : {}),
      ...(width === undefined ? {} : { width: String(width) }),
      ...(height === undefined ? {} : { height: String(height) }),
    },
  };
}

/**
 * Keeps the spans of cells and the starts of lists only if they are small numbers: colspan="99999999" would
 * stall a mail program.
 */
function numbersOnly(tagName: string, attribs: sanitizeHtml.Attributes): sanitizeHtml.Tag {
  return {
    tagName,
    attribs: Object.fromEntries(Object.entries(attribs).filter(([, value]) => /^[1-9]\d{0,2}$/.test(value))),
  };
}

const places = /^\s*(left|right|center)\s*$/i;

/** A cell keeps its spans and the side at which its numbers stand. */
function cell(tagName: string, attribs: sanitizeHtml.Attributes): sanitizeHtml.Tag {
  const { align, style, ...spans } = attribs;
  const side = places.exec(align ?? '') ?? places.exec(/text-align\s*:([^;]*)/i.exec(style ?? '')?.[1] ?? '');
  return {
    tagName,
    attribs: { ...numbersOnly(tagName, spans).attribs, ...(side ? { align: side[1]!.toLowerCase() } : {}) },
  };
}

function options(base: string | undefined): sanitizeHtml.IOptions {
  return {
    allowedTags,
    allowedAttributes,
    nonTextTags: droppedWhole,
    disallowedTagsMode: 'discard',
    allowedSchemes: ['http', 'https', 'mailto'],
    allowedSchemesByTag: { img: ['http', 'https'] },
    allowProtocolRelative: false,
    nestingLimit,
    transformTags: {
      a: (_, attribs) => link(attribs, base),
      img: (_, attribs) => image(attribs, base),
      h1: 'h2',
      td: cell,
      th: cell,
      ol: numbersOnly,
      ...Object.fromEntries(blocks.map((tag) => [tag, sanitizeHtml.simpleTransform('div', {}, false)])),
    },
    textFilter: cleanText,
    // A link without an address leaves its text; an image without an address leaves nothing.
    exclusiveFilter: ({ tag, attribs }) => {
      if (tag === 'a' && !attribs['href']) return 'excludeTag';
      return tag === 'img' && !attribs['src'];
    },
  };
}

// Matches the empty blocks that dropped elements leave behind. In sanitised HTML these tags carry no
// attributes.
const emptyBlock = /<(p|div|figure|figcaption|blockquote|h[2-6]|ul|ol|li)>(?:\s|<br \/>)*<\/\1>/g;

function dropEmptyBlocks(html: string): string {
  let before: string;
  let after = html;
  do {
    before = after;
    after = before.replaceAll(emptyBlock, '');
  } while (after !== before);
  return after.trim();
}

// Matches "<" in plain text, as in "x<y, so". No tag name continues like that, and a parser would swallow the
// rest.
const strayLess = /<(?=\/?[a-z][a-z\d]*[^\sa-z\d>/:_."'=-])/gi;

// Dropping an element between two others ("<p>", a dropped element, "<table>") can change how the next pass
// nests them. One or two more passes settle that. The bound covers unforeseen input.
const passesAtMost = 6;

/**
 * The HTML that may be stored and shown. `base` resolves relative addresses; without it they are dropped. With
 * `about`, the post that it is of, it loses what software puts around posts.
 */
export function sanitise(html: string, base?: string, about?: PostAtHand): string {
  const allowed = options(base);
  let before: string;
  const given = withoutCdata(cleanText(html.slice(0, charactersAtMost))).replaceAll(strayLess, '&lt;');
  const whole = withoutPlaceholders(limitNesting(given));
  let after = withMediaLinks(about === undefined ? whole : withoutFurniture(whole, about), base);
  let passes = 0;
  do {
    before = after;
    after = dropEmptyBlocks(sanitizeHtml(before, allowed));
    passes += 1;
  } while (after !== before && passes < passesAtMost);
  return after;
}
