// Makes a damaged document well-formed before it is parsed. Parsers swallow text, and whole items, after a bare
// "<", half a tag or a CDATA section without an end. Damage to one item must not touch the others:
//
// 1. The document is cut at its items. An item ends at the latest where the next one begins.
// 2. Within an item, an element that holds text ends at its closing tag, or where the item's next element begins.
// 3. Tags inside such an element become text: publishers forgot to escape them.
// 4. Attributes get their quotes. Closing tags without an opening one are dropped, and missing ones added.
//
// Pure.
import { endOfLeaf, escapeStrayAnd, leafName, mendLeaf, mendXhtml } from './mend-leaf.js';
import { type OpeningTag, readClosing, readOpening } from './read-tag.js';
import { endOfCdata, endOfComment, indexOfMark, isSound } from './sound-markup.js';

const itemTag = /<!\[CDATA\[|<!--|<(\/?)((?!content:)(?:[\w-]+:)?(?:item|entry))(?=[\s>/])[^<>]*>/gi;

interface ItemTag {
  at: number;
  after: number;
  kind: 'opening' | 'closing' | 'self-closed';
}

/** The tags of items, except those in CDATA and comments. */
function itemTags(xml: string): ItemTag[] {
  const found: ItemTag[] = [];
  itemTag.lastIndex = 0;
  for (let match = itemTag.exec(xml); match !== null; match = itemTag.exec(xml)) {
    const [tag, slash] = match;
    const at = match.index;
    if (tag === '<![CDATA[') itemTag.lastIndex = endOfCdata(xml, at) ?? itemTag.lastIndex;
    else if (tag === '<!--') itemTag.lastIndex = endOfComment(xml, at) ?? itemTag.lastIndex;
    else {
      const kind = slash === '/' ? 'closing' : tag.endsWith('/>') ? 'self-closed' : 'opening';
      found.push({ at, after: at + tag.length, kind });
    }
  }
  return found;
}

/** True if the document has an item, even an empty one. */
export const hasItems = (xml: string): boolean => itemTags(xml).some(({ kind }) => kind !== 'closing');

/** The mended document so far, and the names of its open elements. */
interface Output {
  xml: string;
  open: string[];
}

function closeDownTo(output: Output, depth: number): void {
  while (output.open.length > depth) output.xml += `</${output.open.pop() ?? ''}>`;
}

/** Text in which elements are mended: an item's content, or what stands between items. */
interface Part {
  text: string;
  /** The elements that were open before this part, up to this depth, stay open. */
  keep: number;
  /** The last position of each closing tag, by its name in lower case. */
  closings: Map<string, number>;
}

function mendPart(output: Output, text: string, keep: number): void {
  const closings = new Map(
    Array.from(text.matchAll(/<\/([a-z_][\w:.-]*)/gi), ({ 1: name = '', index }) => [
      name.toLowerCase(),
      index,
    ]),
  );
  let position = 0;
  while (position < text.length) {
    const start = text.indexOf('<', position);
    output.xml += escapeStrayAnd(text.slice(position, start === -1 ? undefined : start));
    if (start === -1) break;
    position = mendTag(output, { text, keep, closings }, start);
  }
}

/** Mends what begins with the "<" at `start`. Returns the position after it. */
function mendTag(output: Output, part: Part, start: number): number {
  const { text, keep } = part;
  const end = endOfOther(text, start);
  if (end !== undefined) {
    output.xml += text.slice(start, end);
    return end;
  }
  const close = readClosing(text, start);
  if (close !== undefined) {
    const name = close.name.toLowerCase();
    const depth = output.open.findLastIndex((open) => open.toLowerCase() === name);
    if (depth >= keep) closeDownTo(output, depth);
    return close.after;
  }
  const tag = readOpening(text, start);
  if (tag === undefined) {
    output.xml += '&lt;';
    return start + 1;
  }
  return isHtml.test(tag.name) ? tag.after : mendElement(output, part, tag);
}

/** The end of a comment, a CDATA section or a processing instruction that is whole. */
function endOfOther(text: string, position: number): number | undefined {
  if (text.startsWith('<!--', position)) return endOfComment(text, position);
  if (text.startsWith('<![CDATA[', position)) return endOfCdata(text, position);
  const end = text.startsWith('<?', position) ? indexOfMark(text, '?>', position) : -1;
  return end === -1 ? undefined : end + 2;
}

// Between an item's elements, no parser reads these tags.
const isHtml =
  /^(?:a|abbr|b|blockquote|br|center|cite|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|s|small|span|strong|t[rd]|table|u|ul)$/i;

const isRoot = (name: string): boolean => /^(?:[\w-]+:)?(?:rss|rdf|feed|channel)$/i.test(name);

/** Opens the element, or writes it whole if it is empty or holds text. Returns the position after that. */
function mendElement(output: Output, { text, closings }: Part, tag: OpeningTag): number {
  const { name, attributes, after } = tag;
  const isLeaf = leafName.test(name) && !/\shref=/i.test(attributes);
  const isClosed = (closings.get(name.toLowerCase()) ?? -1) >= after;
  if ((tag.isSelfClosed || (!isClosed && !isLeaf)) && !isRoot(name)) {
    output.xml += `<${name}${attributes}/>`;
    return after;
  }
  if (isLeaf) return writeLeaf(output, text, tag, isClosed);
  output.open.push(name);
  output.xml += `<${name}${attributes}>`;
  return after;
}

function writeLeaf(
  output: Output,
  text: string,
  { name, attributes, after }: OpeningTag,
  isClosed: boolean,
): number {
  const end = endOfLeaf(text, after, { name, isClosed });
  const content = text.slice(after, end.at);
  const isXhtml = /\stype\s*=\s*["']xhtml["']/i.test(attributes);
  const mended = isXhtml ? mendXhtml(content) : mendLeaf(content, end.at === end.after);
  const type =
    isXhtml && mended !== undefined ? attributes.replace(/(\stype\s*=\s*["'])xhtml/i, '$1html') : attributes;
  output.xml += `<${name}${type}>${mended ?? content}</${name}>`;
  return end.after;
}

/** True if these elements, outside of any item, are those of an item whose opening tag was lost. */
const isHeadless = (text: string): boolean =>
  /<(?:guid|id|link)[\s>]/i.test(text) && /<(?:title|description|summary|content)[\s>]/i.test(text);

// The closing tags at the document's end, and whatever a program wrote after them.
const documentEnd = /<\/(?:[\w-]+:)?(?:channel|rss|rdf|feed)\s*(?:>[^]*)?$/i;

/**
 * The document without the item in which it is cut off. The next poll may bring the whole item; half of it would go
 * out as a post of its own, and could lack its link.
 */
export function withoutCutItem(xml: string): { xml: string; isCut: boolean } {
  const last = itemTags(xml).findLast(({ kind }) => kind !== 'self-closed');
  const start = last?.kind === 'opening' ? last.at : undefined;
  if (documentEnd.test(start === undefined ? xml : xml.slice(start)) || isSound(xml))
    return { xml, isCut: false };
  return { xml: xml.slice(0, start), isCut: true };
}

function writeItem(
  output: Output,
  { name, attributes }: Pick<OpeningTag, 'name' | 'attributes'>,
  text: string,
) {
  const content: Output = { xml: '', open: [] };
  mendPart(content, text, 0);
  closeDownTo(content, 0);
  output.xml += `<${name}${attributes}>${content.xml}</${name}>`;
}

/** The document, well-formed. A document that is so already stays unchanged. */
export function mendMarkup(xml: string): string {
  if (isSound(xml)) return xml;
  const kind = /<((?:[\w-]+:)?(?:item|entry))[\s>]/i.exec(xml)?.[1] ?? 'item';
  const nameless = { name: kind, attributes: '' };
  const output: Output = { xml: '', open: [] };
  let position = 0;
  let item: Pick<OpeningTag, 'name' | 'attributes'> | undefined;
  let hasItem = false;
  for (const tag of itemTags(xml)) {
    if (tag.kind === 'self-closed') continue;
    const text = xml.slice(position, tag.at);
    const isItem: boolean = item !== undefined || (tag.kind === 'closing' && hasItem && isHeadless(text));
    if (isItem) writeItem(output, item ?? nameless, text);
    else mendPart(output, text, hasItem ? output.open.length : 0);
    hasItem ||= isItem;
    item = tag.kind === 'closing' ? undefined : (readOpening(xml, tag.at) ?? nameless);
    position = tag.after;
  }
  const rest = xml.slice(position);
  if (item === undefined) mendPart(output, rest, 0);
  else writeItem(output, item, rest.replace(documentEnd, ''));
  closeDownTo(output, 0);
  return output.xml;
}
