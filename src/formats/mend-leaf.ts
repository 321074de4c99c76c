// Mends a leaf, an element that holds text: whatever looks like a tag in it becomes text. Pure.
import { endOfCdata, isSound } from './sound-markup.js';

// A "&" that begins no reference. sax takes "&D<" for one, and swallows the tag after it.
const strayAnd = /&(?!(?:[a-z][a-z\d]{1,31}|#\d{1,7}|#x[\da-f]{1,6});)/gi;

export const escapeStrayAnd = (text: string): string => text.replaceAll(strayAnd, '&amp;');

const cdataOrStrayAnd = new RegExp(`<!\\[CDATA\\[[^]*?\\]\\]>|${strayAnd.source}`, 'gi');

/** Escapes each "&" of a document that begins no reference, except in CDATA. */
export const escapeStrayAnds = (xml: string): string =>
  xml.replaceAll(cdataOrStrayAnd, (found) => (found === '&' ? '&amp;' : found));

const escapeAll = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** These elements hold text, and no elements that matter. */
export const leafName =
  /^(?:title|link|guid|pubdate|description|category|comments|id|updated|published|modified|issued|summary|content|rights|subtitle|name|uri|email|language|copyright|generator|lastbuilddate|managingeditor|webmaster|ttl|docs|content:encoded|(?:dc|dcterms|slash|wfw|feedburner|thr|sy):\w+|itunes:(?:title|subtitle|summary|author|duration|explicit|keywords)|media:(?:title|description|keywords|text))$/i;

/** These leaves may hold HTML that is not escaped. */
const richName = /^(?:description|content|summary|content:encoded|itunes:summary|media:description|rights)$/i;

const child =
  'title|link|guid|pubdate|description|author|category|comments|enclosure|source|id|updated|published|summary|content|content:encoded|(?:dc|dcterms|itunes|media|slash|atom|wfw|feedburner|georss|thr):\\w+';
const anyChild = new RegExp(`</?(${child})(?=[\\s/>])`, 'gi');
// HTML has elements of the same names, but with attributes.
const childAfterRich = new RegExp(
  `<((?!(?:title|source|summary|content)>)(?:${child}))>|<((?:guid|enclosure|category|author)|\\w+:\\w+)(?=[\\s/])`,
  'gi',
);

function firstOther(text: string, start: number, pattern: RegExp, own: string): number | undefined {
  pattern.lastIndex = start;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text))
    if ((found[1] ?? found[2] ?? '').toLowerCase() !== own.toLowerCase()) return found.index;
  return undefined;
}

/** Where `</name>` stands outside of CDATA sections, at or after `start` and before `end`. */
function closingTag(
  text: string,
  name: string,
  start: number,
  end = text.length,
): { at: number; after: number } | undefined {
  const mark = new RegExp(`<!\\[CDATA\\[|</${name.replaceAll('.', '\\.')}(?:\\s*>|(?=\\s*<))`, 'gi');
  mark.lastIndex = start;
  // The "<" at the end bounds a closing tag that lacks its ">".
  const within = text.slice(0, end + 1);
  for (let found = mark.exec(within); found !== null; found = mark.exec(within)) {
    if (found[0].startsWith('</')) return { at: found.index, after: mark.lastIndex };
    mark.lastIndex = endOfCdata(text, found.index) ?? found.index + 9;
  }
  return undefined;
}

/**
 * The end of the leaf whose content begins at `start`, and where the text after it goes on. `isClosed`: a closing
 * tag of its name follows somewhere.
 */
export function endOfLeaf(
  text: string,
  start: number,
  { name, isClosed }: { name: string; isClosed: boolean },
): { at: number; after: number } {
  const isRich = richName.test(name);
  if (isClosed && isRich) {
    const close = closingTag(text, name, start);
    if (close !== undefined) return close;
  }
  // CDATA holds anything, so only its own end counts.
  const packed = /^\s*<!\[CDATA\[/.exec(text.slice(start, start + 200))?.[0].length;
  const endOfPacked = packed === undefined ? undefined : endOfCdata(text, start + packed - 9);
  const other =
    firstOther(text, endOfPacked ?? start, isRich ? childAfterRich : anyChild, name) ?? text.length;
  const close = isClosed ? closingTag(text, name, endOfPacked ?? start, other) : undefined;
  return close ?? { at: other, after: other };
}

const wholeCdata = /^\s*<!\[CDATA\[(?:(?!\]\]>|<!\[CDATA\[)[^])*\]\]>\s*$/;

/**
 * The content of a leaf as well-formed XML: references, CDATA and text, and no tag. `isCut`: its closing tag is
 * missing.
 */
export function mendLeaf(content: string, isCut: boolean): string {
  if (wholeCdata.test(content)) return content;
  let mended = '';
  let position = 0;
  const plain = (text: string): string => escapeStrayAnd(text.replaceAll(']]>', '')).replaceAll('<', '&lt;');
  for (;;) {
    const start = content.indexOf('<![CDATA[', position);
    if (start === -1) break;
    mended += plain(content.slice(position, start));
    const end = endOfCdata(content, start);
    mended += escapeAll(content.slice(start + 9, end === undefined ? undefined : end - 3));
    position = end ?? content.length;
  }
  const rest = content.slice(position);
  // A damaged closing tag ("</titl") is no text, and neither is the beginning of a CDATA section.
  return mended + plain(isCut ? rest.replace(/<(?:\/?[\w:.-]{0,40}>?|!\[?[CDAT]{0,5})\s*$/, '') : rest);
}

/** XHTML that is not well-formed, as escaped HTML; undefined if it is well-formed. */
export function mendXhtml(content: string): string | undefined {
  return isSound(content) ? undefined : escapeAll(content.replaceAll(/<!\[CDATA\[|\]\]>/g, ''));
}
