// Plain text for mail: lines of at most 78 characters (RFC 5322 section 2.1.1), links whole. Pure.

import { columnsOf, widthOf } from './columns.js';
import { graphemesOf } from './graphemes.js';

const isLink = (word: string): boolean => /^[<(]?(https?:\/\/|mailto:)/i.test(word);

/** A word that no line holds, in pieces that fit: languages without spaces, and noise. A link stays whole. */
function pieces(word: string, width: number): string[] {
  if (isLink(word) || widthOf(word) <= width) return [word];
  const out: string[] = [];
  let piece = '';
  let room = width;
  for (const segment of graphemesOf(word)) {
    const needed = columnsOf(segment);
    if (needed > room) {
      out.push(piece);
      piece = '';
      room = width;
    }
    piece += segment;
    room -= needed;
  }
  return [...out, piece];
}

/** The words of a line. A dot between two of them stays with both, so that no line begins or ends with it. */
function wordsOf(text: string, width: number): string[] {
  const [first = '', ...words] = text.split(/ +/);
  const units: string[] = [];
  let unit = first;
  for (let at = 0; at < words.length; at += 1) {
    const [word = '', next] = words.slice(at, at + 2);
    const joined = word === '·' && next !== undefined ? `${unit} · ${next}` : undefined;
    if (joined !== undefined && ![unit, next ?? ''].some(isLink) && widthOf(joined) <= width) {
      unit = joined;
      at += 1;
    } else {
      units.push(unit);
      unit = word;
    }
  }
  return [...units, unit];
}

function wrapLine(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line];
  // The next lines of "  1. Title" or "- item" are indented to its text. Those of a quotation keep its mark.
  const [indent = '', quote = ''] = /^((?:> ?)*) *(?:(?:\d+\.|[-*•]) +)?/.exec(line) ?? [];
  const hanging = quote + ' '.repeat(indent.length - quote.length);
  const lines: string[] = [];
  let current = indent;
  let empty = true;
  const room = width - indent.length;
  for (const word of wordsOf(line.slice(indent.length), room).flatMap((part) => pieces(part, room))) {
    if (!empty && widthOf(current) + 1 + widthOf(word) > width) {
      lines.push(current);
      current = hanging;
      empty = true;
    }
    current += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, current];
}

/**
 * `text` with every line wrapped at `width`, trailing space and runs of blank lines removed, ending in one
 * newline.
 */
export function wrapText(text: string, width: number): string {
  return `${text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .flatMap((line) => wrapLine(line.trimEnd(), width))
    .map((line) => line.trimEnd())
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}
