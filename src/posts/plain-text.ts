// What every piece of text from outside goes through before it is stored. Pure.

// C0 and C1 controls but tab and line feed; soft hyphen; zero-width space, word joiner, byte order mark; noncharacters;
// lone surrogates, which PostgreSQL's jsonb refuses. Joiners stay: scripts and emoji need them.
const unwanted = /(?![\n\t])\p{Control}|[\u00ad\u200b\u2060\ufeff\ufffe\uffff]|\p{Surrogate}/gu;
// Overrides, embeddings and isolates turn the order of what follows them: a title could rewrite the mail's layout.
const directionOverrides = /[\u202a-\u202e\u2066-\u2069]/g;

/** The text without control characters and direction overrides, line ends as \n. */
export function cleanText(text: string): string {
  return text
    .replaceAll(/\r\n?|\u0085|\u2028|\u2029/g, '\n')
    .replaceAll(unwanted, '')
    .replaceAll(directionOverrides, '');
}

/** One line: white space collapsed, at most `limit` graphemes. */
export function oneLine(text: string, limit: number): string {
  return truncate(cleanText(text).replaceAll(/\s+/g, ' ').trim(), limit);
}

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** The offset after `limit` graphemes, or undefined when the text is shorter. */
function offsetAfter(text: string, limit: number): number | undefined {
  if (text.length <= limit) return undefined;
  // Latin letters are a grapheme each, unless a mark follows; the segmenter takes 10 µs for each.
  if (/^[\n\u0020-\u02ff]*$/.test(text.slice(0, limit + 1))) return limit;
  let count = 0;
  // No grapheme in honest text has 20 code units; without the bound a stack of accents would be read to its end.
  for (const { index } of graphemes.segment(text.slice(0, limit * 20))) {
    if (count === limit) return index;
    count += 1;
  }
  return text.length > limit * 20 ? limit * 20 : undefined;
}

/** At most `limit` graphemes, cut at a word's end, with an ellipsis where something is missing. */
export function truncate(text: string, limit: number): string {
  const end = offsetAfter(text, limit);
  if (end === undefined) return text;
  const head = text.slice(0, end);
  const space = head.search(/\s+\S*$/);
  const words = space > end / 2 ? head.slice(0, space) : head;
  return `${words.replace(/[\s,;:–—-]+$/u, '')}…`;
}

/** The beginning of `text`, about `limit` graphemes: whole sentences if they fill most of it, else whole words and "…". */
export function excerptOf(text: string, limit = 280): string {
  const flat = text.replaceAll(/\s+/g, ' ').trim();
  const end = offsetAfter(flat, limit);
  if (end === undefined) return flat;
  const sentences = /^.*[.!?。！？…]["'”’»)\]]*(?=\s|$)/su.exec(flat.slice(0, end))?.[0] ?? '';
  return sentences.length > end * 0.6 ? sentences : truncate(flat, limit);
}
