// Removes what publishing software puts around a publisher's words: bars for sharing, related posts, pleas to
// subscribe, "The post X appeared first on Y". A mail has its own links, and cannot share or like.
//
// 1. Elements go by the names that known software gives them (furniture-names.ts), unless they hold prose.
// 2. Rows of links that only share, subscribe or comment go, with the words before them ("Share this:").
// 3. Links without words go: the mark beside a heading, the arrow back from a footnote.
// 4. At the end, lines about the post itself and lists of other posts go.
//
// Words alone never decide, except for sentences that software writes as a whole. Pure except for the sanitiser.
import { parseUrl } from '../parse-url.js';
import {
  hasFurnitureName,
  isPlea,
  isReadMore,
  isSourceLine,
  isSubscribeAddress,
  mayHaveFurniture,
  relatedHeading,
  shareAddress,
  shareWords,
} from './furniture-names.js';
import {
  classNamesOf,
  elementsIn,
  type HtmlElement,
  type HtmlNode,
  readTree,
  textIn,
  writeTree,
} from '../text/html-tree.js';

export interface PostAtHand {
  /** The post's address. */
  url?: string | undefined;
  title?: string;
}

interface Context {
  url: URL | undefined;
  title: string;
  /** The length of all words that are no links. */
  words: number;
  /** Something was removed. */
  cut: boolean;
}

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
const isElement = (node: HtmlNode): node is HtmlElement => typeof node === 'object';
const linksIn = (nodes: readonly HtmlNode[]): HtmlElement[] =>
  elementsIn(nodes).filter(({ tag, attribs }) => tag === 'a' && attribs['href'] !== undefined);
const hasMedia = (nodes: readonly HtmlNode[]): boolean =>
  elementsIn(nodes).some(({ tag }) => /^(?:img|amp-img|picture|iframe|video|audio|table|pre)$/.test(tag));

/** Nodes in a row of buttons or a line. Larger elements are not searched again at each level of a deep post. */
const nodesAtMost = 300;

/** True if the element has few nodes. */
function isSmall(element: HtmlElement): boolean {
  let left = nodesAtMost;
  const count = (nodes: readonly HtmlNode[]): boolean => {
    left -= nodes.length;
    return left >= 0 && nodes.every((node) => !isElement(node) || count(node.children));
  };
  return count(element.children);
}

/** The nodes' text outside links. */
const proseIn = (nodes: readonly HtmlNode[]): string =>
  flat(
    nodes
      .map((node) =>
        !isElement(node) ? textIn([node]) : node.tag === 'a' ? ' ' : ` ${proseIn(node.children)} `,
      )
      .join(''),
  );

const hrefOf = ({ attribs }: HtmlElement, { url }: Context): URL | undefined =>
  parseUrl(attribs['href'] ?? '', url);

const bareHost = ({ host }: URL): string => host.replace(/^www\./, '');
const barePath = ({ pathname }: URL): string => pathname.replace(/\/+$/, '');

/** True if both are the same page; only a place in it may differ. */
function isSamePage(one: URL | undefined, other: URL | undefined): boolean {
  if (one === undefined || other === undefined || bareHost(one) !== bareHost(other)) return false;
  // A site without named pages tells its posts apart by their number: /?p=12
  const both = [one, other].map((url) =>
    barePath(url) === '' ? (url.searchParams.get('p') ?? '') : barePath(url),
  );
  return both[0] === both[1];
}

/** True if the page is the post's site, or the part of it to which the post belongs. */
function isSiteOf(page: URL | undefined, post: URL | undefined): boolean {
  if (page === undefined || post === undefined || bareHost(page) !== bareHost(post)) return false;
  const path = barePath(page);
  return path === '' || (path.split('/').length === 2 && barePath(post).startsWith(`${path}/`));
}

const remove = (nodes: HtmlNode[], index: number, context: Context): void => {
  nodes.splice(index, 1);
  context.cut = true;
};

/** A name that a theme gives to the whole post too must not remove it. */
const proseAtMost = 400;

function isFurniture(element: HtmlElement, context: Context): boolean {
  if (!hasFurnitureName(classNamesOf(element))) return false;
  const words = proseIn(element.children).length;
  return words <= proseAtMost || words < context.words * 0.4;
}

/** True if the link does nothing but share, subscribe or comment. */
function isService(link: HtmlElement, context: Context): boolean {
  const href = link.attribs['href'] ?? '';
  if (shareAddress.test(href)) return true;
  const url = hrefOf(link, context);
  if (url === undefined) return false;
  const isOwn = context.url !== undefined && bareHost(url) === bareHost(context.url);
  // Substack's own address may stand for that of a publication with a name of its own.
  if ((isOwn || /(?:^|\.)substack\.com$/.test(url.hostname)) && isSubscribeAddress(url)) return true;
  const isPost = isSamePage(url, context.url);
  return (
    (isPost && /^#(?:comments|respond|comment-form|disqus_thread|print)$/i.test(url.hash)) ||
    (isOwn && barePath(url) === `${barePath(context.url ?? url)}/comments`)
  );
}

const rowTags = new Set('p div ul ol section aside nav footer center table'.split(' '));

/** A row of buttons: nothing but links, all of which serve. */
function isServiceRow(element: HtmlElement, context: Context): boolean {
  if (!rowTags.has(element.tag) || !isSmall(element)) return false;
  const links = linksIn(element.children);
  if (
    links.length === 0 ||
    elementsIn(element.children).some(({ tag }) => /^(?:h[1-6]|blockquote|pre|iframe|video|audio)$/.test(tag))
  )
    return false;
  const prose = proseIn(element.children)
    .replaceAll(/[\s|·•,/–—-]+/g, ' ')
    .trim();
  if (prose !== '' && !(prose.length <= 40 && shareWords.test(prose))) return false;
  if (links.some((link) => flat(textIn([link])).length > 60)) return false;
  const serving = links.filter((link) => isService(link, context)).length;
  // "Print" and "Copy link" lead to no service of their own, and stand among others.
  const others = links.filter((link) => /^(?:#|mailto:\?)/.test(link.attribs['href'] ?? ''));
  return serving > 0 && links.every((link) => others.includes(link) || isService(link, context));
}

/** A link without a letter: the mark beside a heading, or the arrow back from a footnote. */
function isMark(element: HtmlElement, inHeading: boolean, context: Context): boolean {
  if (element.tag !== 'a' || hasMedia(element.children)) return false;
  const text = flat(textIn(element.children)).replaceAll(/[\ufe0e\ufe0f]/g, '');
  const href = element.attribs['href'] ?? '';
  const isWithin =
    href.startsWith('#') || (href.includes('#') && isSamePage(hrefOf(element, context), context.url));
  if (!isWithin) return false;
  return inHeading ? /^(?:[#¶§]|🔗)?$/u.test(text) : /^(?:[↩↑↵⤴⏎⬑^]|\[?↩\]?|⇧)+$/u.test(text);
}

/** Removes what may stand anywhere, from the nodes and below them. */
function clear(nodes: HtmlNode[], inHeading: boolean, context: Context): void {
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    const node = nodes[index];
    if (node === undefined || !isElement(node)) continue;
    if (isFurniture(node, context) || isMark(node, inHeading, context)) remove(nodes, index, context);
    else if (isServiceRow(node, context)) {
      remove(nodes, index, context);
      removeIntroduction(nodes, index, context);
    } else if (/^(?:p|div)$/.test(node.tag) && isLine(node) && isPlea(flat(textIn(node.children))))
      remove(nodes, index, context);
    else clear(node.children, inHeading || /^h[1-6]$/.test(node.tag), context);
  }
}

/** "Share this:" before a row that was removed. */
function removeIntroduction(nodes: HtmlNode[], end: number, context: Context): void {
  for (let index = end - 1; index >= 0; index -= 1) {
    const node = nodes[index];
    if (node === undefined || (!isElement(node) && node.trim() === '')) continue;
    const text = flat(textIn([node]));
    if (isElement(node) && text.length <= 40 && shareWords.test(text) && linksIn([node]).length === 0)
      remove(nodes, index, context);
    return;
  }
}

/** True if the element has neither blocks nor line breaks in it. */
const isLine = (element: HtmlElement): boolean =>
  isSmall(element) &&
  elementsIn(element.children).every(({ tag }) => /^(?:a|em|i|strong|b|span|small|cite|q)$/.test(tag));

/** The texts around an element's links, of which there may be two or three: before, between and after them. */
function textsAround(element: HtmlElement): string[] {
  const texts = [''];
  const walk = (nodes: readonly HtmlNode[]): void => {
    for (const node of nodes)
      if (!isElement(node)) texts[texts.length - 1] += textIn([node]);
      else if (node.tag === 'a') texts.push('');
      else walk(node.children);
  };
  walk(element.children);
  return texts.map(flat);
}

/** Characters around the two links of "The post X appeared first on Y", in any language. */
const aroundAtMost = { before: 40, between: 60, after: 110 };

/** A line that links to the post by its title, and to its site: "The post X appeared first on Y", in any language. */
function isAboutPost(element: HtmlElement, context: Context): boolean {
  if (!isLine(element)) return false;
  const text = flat(textIn(element.children));
  if (text.length > 700) return false;
  if (isSourceLine(text, context.title)) return true;
  const [first, second, ...others] = linksIn(element.children);
  if (first === undefined || second === undefined || others.length > 0) return false;
  const [before = '', between = '', after = ''] = textsAround(element);
  return (
    flat(textIn([first])).toLowerCase() === context.title.toLowerCase() &&
    isSamePage(hrefOf(first, context), context.url) &&
    isSiteOf(hrefOf(second, context), context.url) &&
    before.length <= aroundAtMost.before &&
    !/[.!?]/.test(before) &&
    between !== '' &&
    between.length <= aroundAtMost.between &&
    after.length <= aroundAtMost.after
  );
}

/** "Continue reading →" as a line, or as a link at the end of the last paragraph. */
function leadsOn(link: HtmlElement, context: Context): boolean {
  const isOwn = isSamePage(hrefOf(link, context), context.url);
  const isNamed = classNamesOf(link).some((name) => /^(?:more-link|read-?more(?:-link)?)$/.test(name));
  const text = flat(textIn([link]));
  return (isOwn || isNamed) && text.length <= 400 && isReadMore(text, context.title);
}

/** The heading of other posts, and nothing but links to them until the end. */
function cutRelated(nodes: HtmlNode[], context: Context): void {
  const at = nodes.findLastIndex(
    (node) =>
      isElement(node) &&
      /^(?:h[1-6]|p|div)$/.test(node.tag) &&
      isSmall(node) &&
      relatedHeading.test(flat(textIn([node]))),
  );
  const after = nodes.slice(at + 1);
  if (at < 0 || linksIn(after).length === 0) return;
  const prose = proseIn(after);
  const isList = linksIn(after).every((link) => {
    const href = hrefOf(link, context);
    return href !== undefined && (context.url === undefined || bareHost(href) === bareHost(context.url));
  });
  if (!isList || prose.length > 20 * linksIn(after).length) return;
  nodes.splice(at);
  context.cut = true;
}

const isBlank = (node: HtmlNode | undefined): boolean =>
  node !== undefined && (isElement(node) ? node.tag === 'br' : textIn([node]).trim() === '');

const wrappers = new Set('div section article main footer'.split(' '));

/** Removes what stands at the end only. */
function trimEnd(nodes: HtmlNode[], context: Context): void {
  cutRelated(nodes, context);
  for (;;) {
    while (isBlank(nodes.at(-1)) || (context.cut && isRule(nodes.at(-1)))) nodes.pop();
    const last = nodes.at(-1);
    if (last === undefined || !isElement(last)) return;
    if (/^(?:p|div|small|em|footer|span)$/.test(last.tag) && isAboutPost(last, context)) {
      remove(nodes, nodes.length - 1, context);
      continue;
    }
    if (last.tag === 'a' && leadsOn(last, context)) {
      remove(nodes, nodes.length - 1, context);
      continue;
    }
    if (!wrappers.has(last.tag) && !/^(?:p|span|strong|em|b|i)$/.test(last.tag)) return;
    const before = last.children.length;
    trimEnd(last.children, context);
    if (last.children.length > 0 || before === 0) return;
    nodes.pop();
  }
}

const isRule = (node: HtmlNode | undefined): boolean =>
  node !== undefined && isElement(node) && node.tag === 'hr';

/** `html` without furniture. HTML without any stays as it is. */
export function withoutFurniture(html: string, about: PostAtHand): string {
  const url = parseUrl(about.url ?? '');
  if (!mayHaveFurniture(html, url)) return html;
  const tree = readTree(html);
  const context: Context = {
    url,
    title: flat(about.title ?? ''),
    words: proseIn(tree).length,
    cut: false,
  };
  clear(tree, false, context);
  trimEnd(tree, context);
  if (!context.cut) return html;
  const kept = writeTree(tree);
  // A post that is nothing but furniture stays: better words of a program than none.
  return textIn(tree).trim() === '' && !hasMedia(tree) ? html : kept;
}
