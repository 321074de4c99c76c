// Whether XML is well-formed as far as its tags go, and where its CDATA sections and comments end. Pure.

/** Matches a whole CDATA section or comment: a pattern's first alternative, so that the others do not match in it. */
export const cdata = String.raw`<!\[CDATA\[[^]*?\]\]>|<!--[^]*?-->`;

const name = String.raw`[^\s<>/="'&!?]+`;
const attribute = String.raw`\s+${name}\s*=\s*(?:"[^"<]*"|'[^'<]*')`;
const token = new RegExp(
  `[^<]+|<!--[^]*?-->|<!\\[CDATA\\[[^]*?\\]\\]>|<\\?[^]*?\\?>|<(/?)(${name})((?:${attribute})*)\\s*(/?)>`,
  'y',
);

/** True if every tag is whole and every element closed. References are not looked at. */
export function isSound(xml: string): boolean {
  const open: string[] = [];
  token.lastIndex = 0;
  for (let position = 0; position < xml.length; position = token.lastIndex) {
    token.lastIndex = position;
    const found = token.exec(xml);
    if (found === null) return false;
    const [, close, tag, , selfClosed] = found;
    if (tag === undefined) continue;
    if (close === '/') {
      if (open.pop() !== tag) return false;
    } else if (selfClosed === '') open.push(tag);
  }
  return open.length === 0;
}

const exhausted = new Map<string, { xml: string; from: number }>();

/** The same as `xml.indexOf(mark, from)`. Remembers a vain search: repeated for each "<", it would take for ever. */
export function indexOfMark(xml: string, mark: string, from: number): number {
  const vain = exhausted.get(mark);
  if (vain !== undefined && vain.xml === xml && from >= vain.from) return -1;
  const found = xml.indexOf(mark, from);
  if (found === -1) exhausted.set(mark, { xml, from });
  return found;
}

const itemEnd = /<\/(?:[\w-]+:)?(?:item|entry)\s*>/i;

/**
 * The position after the CDATA section that begins at `start`. Undefined if it is not closed: another section begins
 * before its end, after the end of the element or item that holds it.
 */
export function endOfCdata(xml: string, start: number): number | undefined {
  const end = indexOfMark(xml, ']]>', start);
  if (end === -1) return undefined;
  const next = indexOfMark(xml, '<![CDATA[', start + 9);
  if (next === -1 || next > end) return end + 3;
  const between = xml.slice(start, next).toLowerCase();
  const holder = /<([\w:.-]+)(?:\s[^<>]*)?>\s*$/.exec(xml.slice(Math.max(0, start - 300), start))?.[1];
  const isLeft = holder !== undefined && between.includes(`</${holder.toLowerCase()}`);
  return isLeft || itemEnd.test(between) ? undefined : end + 3;
}

/** The position after the comment that begins at `start`; undefined if it is not closed. */
export function endOfComment(xml: string, start: number): number | undefined {
  const end = indexOfMark(xml, '-->', start + 4);
  if (end === -1) return undefined;
  const next = indexOfMark(xml, '<!--', start + 4);
  return next !== -1 && next < end && itemEnd.test(xml.slice(start, next)) ? undefined : end + 3;
}
