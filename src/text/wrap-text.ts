// Plain text for mail: lines of at most 78 characters (RFC 5322 section 2.1.1), links whole. Pure.

import { graphemesOf } from './graphemes.js';

/** Latin and Cyrillic: one column for each code unit. Finding the characters of other text is slow. */
const narrow = /^[ -~\u00a0-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f]*$/;
const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u;

/** The columns of one character. East Asian ones take two. */
const columnsOf = (character: string): number => (wide.test(character) ? 2 : 1);

/** The columns of a text. Marks that combine with the character before take none. */
function widthOf(text: string): number {
  if (narrow.test(text)) return text.length;
  let width = 0;
  for (const character of graphemesOf(text)) width += columnsOf(character);
  return width;
}

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

function wrapLine(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line];
  // The next lines of "  1. Title" or "- item" are indented to its text. Those of a quotation keep its mark.
  const [indent = '', quote = ''] = /^((?:> ?)*) *(?:(?:\d+\.|[-*•]) +)?/.exec(line) ?? [];
  const hanging = quote + ' '.repeat(indent.length - quote.length);
  const lines: string[] = [];
  let current = indent;
  let empty = true;
  for (const word of line
    .slice(indent.length)
    .split(/ +/)
    .flatMap((part) => pieces(part, width - indent.length))) {
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
