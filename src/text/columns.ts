// How wide a text is, in columns of a fixed-width font. Pure.
import { graphemesOf } from './graphemes.js';

/** Latin and Cyrillic: one column for each code unit. Finding the characters of other text is slow. */
const narrow = /^[ -~\u00a0-\u00ac\u00ae-\u02ff\u0400-\u0482\u048a-\u052f]*$/;
const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u;

/** The columns of one character. East Asian ones take two. */
export const columnsOf = (character: string): number => (wide.test(character) ? 2 : 1);

/** The columns of a text. Marks that combine with the character before take none. */
export function widthOf(text: string): number {
  if (narrow.test(text)) return text.length;
  let width = 0;
  for (const character of graphemesOf(text)) width += columnsOf(character);
  return width;
}
