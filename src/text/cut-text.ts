// The beginning of a text that is too long, cut where a reader would cut it. Pure.
import { columnsOf, widthOf } from './columns.js';
import { graphemesOf } from './graphemes.js';

/** The offset after `limit` graphemes, or undefined when the text is no longer than that. */
function offsetAfter(text: string, limit: number): number | undefined {
  if (text.length <= limit) return undefined;
  // Latin letters are a grapheme each, unless a mark follows; the segmenter takes 10 µs for each.
  if (/^[\n\u0020-\u02ff]*$/.test(text.slice(0, limit + 1))) return limit;
  let [count, offset] = [0, 0];
  // No grapheme in honest text has 20 code units; without the bound a stack of accents would be read to its end.
  for (const grapheme of graphemesOf(text.slice(0, limit * 20))) {
    if (count === limit) return offset;
    count += 1;
    offset += grapheme.length;
  }
  return text.length > limit * 20 ? limit * 20 : undefined;
}

/**
 * At most `limit` graphemes: cut at a word's end where there is one, with an ellipsis for the rest. A cut at the last
 * word keeps at least this `share`: Chinese has no spaces, and some titles few.
 */
export function cutAtWord(text: string, limit: number, share = 0.66): string {
  if (offsetAfter(text, limit) === undefined) return text;
  const kept = text.slice(0, offsetAfter(text, Math.max(0, limit - 1)));
  const space = kept.search(/\s+\S*$/);
  const words = space > kept.length * share ? kept.slice(0, space) : kept;
  return `${words.replace(/[\s,;:.!?–—-]+$/u, '')}…`;
}

/** As `cutAtWord`, to at most `width` columns: a Chinese, Japanese or Korean character takes two. */
export function cutAtWidth(text: string, width: number, share?: number): string {
  const begin = text.slice(0, width + 1);
  if (widthOf(begin) === begin.length) return cutAtWord(text, width, share);
  let [count, columns] = [0, 0];
  for (const grapheme of graphemesOf(text.slice(0, width * 20))) {
    columns += columnsOf(grapheme);
    if (columns > width) return cutAtWord(text, count, share);
    count += 1;
  }
  return cutAtWord(text, width, share);
}

/** The beginning of `text`, about `limit` graphemes: whole sentences if they fill most of it, else whole words and "…". */
export function excerptOf(text: string, limit = 280): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  const end = offsetAfter(flat, limit);
  if (end === undefined) return flat;
  const sentences = /^.*[.!?。！？…]["'”’»)\]]*(?=\s|$)/su.exec(flat.slice(0, end))?.[0] ?? '';
  return sentences.length > end * 0.6 ? sentences : cutAtWord(flat, limit);
}
