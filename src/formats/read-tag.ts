// Reads one tag of a document that may be damaged: attributes without quotes, twice, or with "<" in them. Pure.
import { escapeStrayAnd } from './mend-leaf.js';

export interface OpeningTag {
  name: string;
  /** As written in the document, or mended: ` name="value"` for each. */
  attributes: string;
  isSelfClosed: boolean;
  /** The position after the tag. */
  after: number;
}

const nameChars = String.raw`[a-z_][\w:.-]*`;
const closing = new RegExp(`</(${nameChars})(?:\\s*>|(?=\\s*<|\\s*$))`, 'iy');
const opening = new RegExp(
  `<(${nameChars})((?:\\s+[\\w:.-]+\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`,
  'iy',
);
const loose = new RegExp(`<(${nameChars})((?=[\\s/"'=])[^<>]*)>`, 'iy');
// A value that holds "<" but no ">" has its own closing quote.
const withLess = new RegExp(`<(${nameChars})((?:\\s+[\\w:.-]+\\s*=\\s*(?:"[^">]*"|'[^'>]*'))+\\s*/?)>`, 'iy');
// An attribute with a "<" in it must not cost the document its root.
const rootOpening = /<((?:[\w-]+:)?(?:rss|rdf|feed))((?:\s(?:"[^"]*"|'[^']*'|[^"'<>])*)?)>/iy;
const looseAttribute = /([a-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|["']?([^\s"'<>]*)["']?)/gi;

function matchAt(pattern: RegExp, text: string, position: number): RegExpExecArray | null {
  pattern.lastIndex = position;
  return pattern.exec(text);
}

/** The closing tag at `position`; undefined if there is none. Its ">" may be missing. */
export function readClosing(text: string, position: number): { name: string; after: number } | undefined {
  const found = matchAt(closing, text, position);
  return found === null ? undefined : { name: found[1] ?? '', after: closing.lastIndex };
}

/** The opening or self-closed tag at `position`; undefined if the "<" there begins no tag. */
export function readOpening(text: string, position: number): OpeningTag | undefined {
  const strict = matchAt(opening, text, position);
  if (strict !== null) {
    const [tag, name = '', attributes = '', slash] = strict;
    return { name, attributes, isSelfClosed: slash === '/', after: position + tag.length };
  }
  const found =
    matchAt(withLess, text, position) ??
    matchAt(loose, text, position) ??
    matchAt(rootOpening, text, position);
  if (found === null) return undefined;
  const [tag, name = '', inside = ''] = found;
  const isSelfClosed = /\/\s*$/.test(inside);
  return { name, attributes: mendAttributes(inside), isSelfClosed, after: position + tag.length };
}

/** Gives each attribute its quotes. Of two with the same name, the first counts. */
function mendAttributes(inside: string): string {
  const values = new Map<string, string>();
  for (const [, name = '', ...found] of inside.replace(/\/\s*$/, '').matchAll(looseAttribute)) {
    const value = found.find((text) => text !== undefined) ?? '';
    const same = [...values.keys()].some((other) => other.toLowerCase() === name.toLowerCase());
    if (!same) values.set(name, escapeStrayAnd(value).replaceAll('"', '&quot;').replaceAll('<', '&lt;'));
  }
  return Array.from(values, ([name, value]) => ` ${name}="${value}"`).join('');
}
