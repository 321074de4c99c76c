// HTML from outside as a small tree, for changes that concern more than one tag. The tree is as hostile as its
// source: only src/posts/sanitise.ts makes it safe. Pure except for the sanitiser.
import sanitizeHtml from 'sanitize-html';
import { escapeHtml, unescapeHtml } from './escape-html.js';

/** The tags that stored HTML may have. */
export const allowedTags = [
  'p div br hr h2 h3 h4 h5 h6 blockquote q cite ul ol li dl dt dd pre code kbd samp var',
  'em i strong b u s del ins small sub sup mark abbr a img figure figcaption',
  'table caption thead tbody tfoot tr th td',
].flatMap((line) => line.split(' '));

// Dropped with their content. Parsers disagree about the text of the elements in the last line, which allows
// mutation XSS.
export const droppedWhole = [
  'script style title template object embed applet iframe frame frameset audio video canvas map',
  'svg math button select option optgroup datalist input textarea dialog',
  'noscript noembed noframes plaintext xmp listing',
].flatMap((line) => line.split(' '));

// Blocks that mail programs do not know. Each becomes a div: without one, neighbouring words would run
// together.
export const blocks =
  'section article main header footer aside nav details summary center address fieldset legend hgroup form body'.split(
    ' ',
  );

// Deeper than any article, and far below the depth at which parsers run out of stack.
export const nestingLimit = 60;

/** Tags that no stored HTML has, but that src/posts/embeds.ts and furniture.ts read. */
const readTags = [
  'h1 span font time label picture source param iframe video audio object embed button',
  'amp-img amp-anim amp-video amp-audio amp-iframe amp-youtube amp-vimeo amp-dailymotion amp-soundcloud',
  'lite-youtube lite-vimeo youtube-video vimeo-video',
  'math mrow mi mo mn ms mtext mspace mstyle mpadded msup msub msubsup mfrac msqrt mroot mover munder munderover',
  'mtable mtr mtd mfenced semantics annotation annotation-xml',
].flatMap((line) => line.split(' '));

export interface HtmlElement {
  tag: string;
  attribs: Record<string, string>;
  children: HtmlNode[];
}

/** A string is escaped text. */
export type HtmlNode = string | HtmlElement;

function lateSet(tagName: string, { srcset, ...attribs }: sanitizeHtml.Attributes): sanitizeHtml.Tag {
  return { tagName, attribs: srcset === undefined ? attribs : { 'data-srcset': srcset, ...attribs } };
}

const options: sanitizeHtml.IOptions = {
  allowedTags: [...allowedTags, ...blocks, ...readTags],
  allowedAttributes: false,
  nonTextTags: droppedWhole.filter((tag) => !readTags.includes(tag)),
  allowedSchemes: ['http', 'https', 'mailto'],
  parseStyleAttributes: false,
  // Keeps <iframe hidden>.
  nonBooleanAttributes: [],
  nestingLimit,
  // The sanitiser would parse each srcset, and print the errors. lazy-images.ts reads both names.
  transformTags: { '*': lateSet },
};

function attributesOf(tag: string): Record<string, string> {
  return Object.fromEntries(
    Array.from(tag.matchAll(/ ([^\s="<>/]+)(?:="([^"]*)")?/g), ([, name = '', value = '']) => [
      name,
      unescapeHtml(value),
    ]),
  );
}

/** The tree of `html`, without scripts, styles and comments. */
export function readTree(html: string): HtmlNode[] {
  const root: HtmlElement = { tag: '', attribs: {}, children: [] };
  const open = [root];
  // The sanitiser escapes each "<" and ">" that belongs to no tag, and closes what is open.
  for (const part of sanitizeHtml(html, options).split(/(<[^<>]*>)/)) {
    if (part === '') continue;
    const parent = open.at(-1) ?? root;
    if (!part.startsWith('<')) parent.children.push(part);
    else if (part.startsWith('</')) {
      if (open.length > 1) open.pop();
    } else {
      const element = {
        tag: /^<([^\s/>]+)/.exec(part)?.[1] ?? '',
        attribs: attributesOf(part),
        children: [],
      };
      parent.children.push(element);
      if (!part.endsWith('/>')) open.push(element);
    }
  }
  return root.children;
}

const empty = new Set(['br', 'hr', 'img']);

export function writeTree(nodes: readonly HtmlNode[]): string {
  return nodes
    .map((node) => {
      if (typeof node === 'string') return node;
      const { tag, attribs, children } = node;
      const start = [
        tag,
        ...Object.entries(attribs).map(([name, value]) => `${name}="${escapeHtml(value)}"`),
      ];
      return empty.has(tag)
        ? `<${start.join(' ')} />`
        : `<${start.join(' ')}>${writeTree(children)}</${tag}>`;
    })
    .join('');
}

/** The element's text, or that of several nodes. */
export function textIn(nodes: readonly HtmlNode[]): string {
  return nodes
    .map((node) => (typeof node === 'string' ? unescapeHtml(node) : textIn(node.children)))
    .join('');
}

/** All elements among the nodes and below them, in document order. */
export function elementsIn(nodes: readonly HtmlNode[], found: HtmlElement[] = []): HtmlElement[] {
  for (const node of nodes)
    if (typeof node === 'object') {
      found.push(node);
      elementsIn(node.children, found);
    }
  return found;
}

/** The names in the element's class and id, in lower case. */
export function classNamesOf({ attribs }: HtmlElement): string[] {
  return `${attribs['class'] ?? ''} ${attribs['id'] ?? ''}`.toLowerCase().split(/\s+/).filter(Boolean);
}
