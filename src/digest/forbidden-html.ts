// What the HTML of a publisher's own template may contain. The template's samples cannot show what it does in
// an issue: it may compare any value, also with the sample's. So every mail is checked as it was rendered
// (render-digest.ts).
//
// The check allows what is listed here and refuses the rest. It looks at every "<" before a letter as a tag,
// also in comments, because Outlook reads some of them, and also in attributes, because programs disagree
// about where a comment ends. Text of posts is escaped and contains no such "<". Pure.
import type { Message } from '../languages/messages.js';
import { parseUrl } from '../parse-url.js';
import { plainCss, watchHiddenImages } from './hidden-images.js';
import { mailTags } from './mail-tags.js';

export type Forbidden =
  | 'invalid-markup'
  | 'forbidden-element'
  | 'forbidden-attribute'
  | 'forbidden-address'
  | 'forbidden-style'
  | 'unfit-image'
  | 'misused-reader-link';

export interface Finding {
  kind: Forbidden;
  /** For the template's author. */
  said: Message;
}

/** The addresses with a reader's tokens. `issueUrl` has one if the archive is for readers only. */
export interface ReaderAddresses {
  unsubscribeUrl: string;
  preferencesUrl: string;
  issueUrl?: string | undefined;
}

const elements = new Set([
  ...mailTags,
  ...'html head title meta style body main section article header footer nav aside address time'.split(' '),
  ...'center font h1 h2 h5 h6 span big tt strike wbr bdi bdo col colgroup noscript xml'.split(' '),
  // Outlook's own, in conditional comments.
  ...'o:officedocumentsettings o:allowpng o:pixelsperinch o:p w:anchorlock'.split(' '),
  ...'v:rect v:roundrect v:fill v:stroke v:textbox v:image v:imagedata v:shape v:oval v:background'.split(
    ' ',
  ),
]);

const attributes = new Set([
  ...'abbr align alt background bgcolor border bordercolor cellpadding cellspacing char charset cite class'.split(
    ' ',
  ),
  ...'clear color colspan content datetime dir face frame headers height href hspace http-equiv id lang'.split(
    ' ',
  ),
  ...'media name noshade nowrap rel reversed role rowspan rules scope size span src start style summary tabindex'.split(
    ' ',
  ),
  ...'target title type valign value vspace width xml:lang xmlns itemscope itemtype itemprop'.split(' '),
  ...'arcsize aspect coordorigin coordsize fill fillcolor filled inset opacity origin position'.split(' '),
  ...'stroke strokecolor stroked strokeweight'.split(' '),
]);
const attributeFamilies = /^(aria|data)-[a-z0-9-]+$|^xmlns:[a-z]+$/;
const metaOfPage = /^(content-type|x-ua-compatible|content-language)$/i;

const tagName = /<(\/?)([a-z][^\s/>]*)/gi;
// HTML sections 13.1.2.3: unquoted, in single and in double quotes.
const attributePattern = /[\s/]+([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>=`]+))?/y;
const tagEnd = /\s*\/?>/y;

interface Tag {
  name: string;
  attributes: Map<string, string>;
  /** The position after it. */
  end: number;
}

/** The tag at `start`, if its attributes are valid HTML. Undefined: programs may read it differently. */
function tagAt(html: string, name: string, start: number): Tag | undefined {
  const found = new Map<string, string>();
  let end = start + 1 + name.length;
  attributePattern.lastIndex = end;
  for (let match; (match = attributePattern.exec(html)) !== null; end = attributePattern.lastIndex) {
    const [, written = '', value = ''] = match;
    const key = written.toLowerCase();
    // HTML takes the first of two equal attributes.
    if (!found.has(key)) found.set(key, /^["']/.test(value) ? value.slice(1, -1) : value);
  }
  tagEnd.lastIndex = end;
  if (!tagEnd.test(html)) return undefined;
  return { name: name.toLowerCase(), attributes: found, end: tagEnd.lastIndex };
}

/** The addresses that are allowed in a mail beside https. */
interface Home {
  /** Our origin: on one's own computer it may be http. */
  origin: string;
  /** A reader's addresses, as they stand in HTML. */
  readers: readonly string[];
}

// The beginning decides, and has no entity. So no decoding can turn the address into another scheme.
const linkSchemes = /^(https?:\/\/|mailto:|tel:|#|$)/i;
const imageSchemes = /^(https:\/\/|http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]|$)/i;

const notOnWeb: Message = { key: 'template.notOnWeb', args: { what: 'javascript:, data:, file:' } };

const cssRefusals: readonly [RegExp, Message][] = [
  [/@import|@font-face/i, { key: 'template.loadsElsewhere', args: { what: '@import, @font-face' } }],
  [/expression\s*\(|behavior\s*:|-moz-binding/i, { key: 'template.sheetScript' }],
  [/(javascript|vbscript|data|file)\s*:/i, notOnWeb],
  [
    /http:|url\((?!\s*["']?\s*(?:https:\/\/|\)))/i,
    { key: 'template.sheetImage', args: { scheme: 'https:' } },
  ],
  [
    /(?:image-set|cross-fade|\bimage|\bsrc)\(/i,
    { key: 'template.sheetImage', args: { scheme: 'url(https:…)' } },
  ],
  [/&#|&[a-z]+;/i, { key: 'template.sheetEntity' }],
];

function cssProblems(css: string, { readers }: Home): Finding[] {
  // Handlebars escapes the quotes of fonts' names, and ampersands.
  const unescaped = css.replaceAll(/&(#39|#x27|quot|apos);/gi, "'").replaceAll('&amp;', '&');
  const plain = plainCss(unescaped);
  const problems = cssRefusals.flatMap(([pattern, said]): Finding[] =>
    pattern.test(unescaped) || pattern.test(plain) ? [{ kind: 'forbidden-style', said }] : [],
  );
  return readers.some((address) => css.includes(address) || plain.includes(address))
    ? [...problems, { kind: 'misused-reader-link', said: { key: 'template.linkInSheet' } }]
    : problems;
}

const imageWithout = (attribute: string): Message => ({
  key: 'template.without',
  args: { element: '<img>', attribute },
});

function imageProblems({ attributes: at }: Tag): Finding[] {
  const style = at.get('style') ?? '';
  const sized = at.has('width') || /(^|[;\s])(max-)?width\s*:/i.test(style);
  return [...(at.has('alt') ? [] : [imageWithout('alt')]), ...(sized ? [] : [imageWithout('width')])].map(
    (said) => ({ kind: 'unfit-image', said }),
  );
}

function addressProblems(tag: Tag, { origin }: Home): Finding[] {
  return ['href', 'src', 'background', 'cite'].flatMap((name): Finding[] => {
    const value = tag.attributes.get(name)?.trim();
    if (value === undefined || value.startsWith(`${origin}/`)) return [];
    const isLink = name === 'href' || name === 'cite';
    if ((isLink ? linkSchemes : imageSchemes).test(value)) return [];
    const said: Message = isLink ? notOnWeb : { key: 'template.imageAddress', args: { scheme: 'https:' } };
    return [{ kind: 'forbidden-address', said }];
  });
}

/** True for the address itself, with a part of the page (#more) at most. */
const isOnly = (value: string, address: string): boolean =>
  value.startsWith(address) && /^(#[\w-]*)?$/.test(value.slice(address.length));

/** A reader's tokens act for the reader. So only the link itself may contain them: no image, no other site. */
function tokenProblems({ name, attributes: at }: Tag, { readers }: Home): Finding[] {
  const leaks = [...at].some(
    ([key, value]) =>
      readers.some((address) => value.includes(address)) &&
      !(name === 'a' && key === 'href' && readers.some((address) => isOnly(value, address))),
  );
  return leaks ? [{ kind: 'misused-reader-link', said: { key: 'template.linkElsewhere' } }] : [];
}

function attributeProblems({ attributes: at }: Tag): Finding[] {
  const problems = [...at.keys()].flatMap((key): Message[] => {
    if (key.startsWith('on')) return [{ key: 'template.scriptAttribute', args: { code: 'on…=' } }];
    return attributes.has(key) || attributeFamilies.test(key)
      ? []
      : [{ key: 'template.attribute', args: { code: `${key}=` } }];
  });
  const equiv = at.get('http-equiv');
  if (equiv !== undefined && !metaOfPage.test(equiv.trim()))
    problems.push({ key: 'template.mayNotHave', args: { code: `http-equiv="${equiv}"` } });
  return problems.map((said) => ({ kind: 'forbidden-attribute', said }));
}

/** The style sheet after the tag <style>: no "<" stands in it, up to the closing tag. */
function sheetProblems(html: string, { end }: Tag, home: Home): Finding[] {
  const close = html.indexOf('<', end);
  if (!/^<\/style/i.test(html.slice(close, close + 7)))
    return [{ kind: 'invalid-markup', said: { key: 'template.tagInSheet' } }];
  return cssProblems(html.slice(end, close), home);
}

function tagProblems(html: string, tag: Tag, home: Home): Finding[] {
  const { name, attributes: at } = tag;
  if (name === 'link')
    return [
      {
        kind: 'forbidden-element',
        said: { key: 'template.loadsElsewhere', args: { what: '<link>, mj-font' } },
      },
    ];
  if (!elements.has(name))
    return [{ kind: 'forbidden-element', said: { key: 'template.element', args: { element: `<${name}>` } } }];
  return [
    ...attributeProblems(tag),
    ...cssProblems(at.get('style') ?? '', home),
    ...(name === 'style' ? sheetProblems(html, tag, home) : []),
    ...(name === 'img' ? imageProblems(tag) : []),
    ...addressProblems(tag, home),
    ...tokenProblems(tag, home),
  ];
}

const inHtml = (address: string): string => address.replaceAll('&', '&amp;');

/** What `html`, a mail rendered with a publisher's own template, contains and may not. Each finding once. */
export function forbiddenIn(html: string, readers: ReaderAddresses): Finding[] {
  const { unsubscribeUrl, preferencesUrl, issueUrl } = readers;
  const addresses = [unsubscribeUrl, preferencesUrl, ...(issueUrl === undefined ? [] : [issueUrl])];
  const home = { origin: parseUrl(unsubscribeUrl)?.origin ?? 'https://', readers: addresses.map(inHtml) };
  const found: Finding[] = [];
  const images = watchHiddenImages(html);
  for (const { 1: isEnd, 2: name = '', index } of html.matchAll(tagName)) {
    if (isEnd) {
      images.closed(name.toLowerCase());
      continue;
    }
    const element = `<${name}>`;
    const tag = tagAt(html, name, index);
    if (tag === undefined) {
      found.push({ kind: 'invalid-markup', said: { key: 'template.invalidTag', args: { element } } });
      continue;
    }
    found.push(...tagProblems(html, tag, home));
    // An image that readers cannot see counts them.
    if (images.opened(tag, html[tag.end - 2] === '/'))
      found.push({ kind: 'unfit-image', said: { key: 'template.unseenImage', args: { element } } });
  }
  return [...new Map(found.map((finding) => [JSON.stringify(finding.said), finding])).values()];
}
