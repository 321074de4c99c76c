// Text from outside, before it is stored or stands in a header: one list of unsafe characters. Pure.

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

/** The lines of each paragraph; an empty line begins one. */
export const linesByParagraph = (text: string): string[][] =>
  cleanText(text)
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.split('\n').map(oneLine).filter(Boolean))
    .filter(({ length }) => length > 0);

/**
 * One line of clean text that may stand in a header or a heading, white space collapsed. A CR or LF in a header would
 * start a header of its own.
 */
export const oneLine = (text: string): string => cleanText(text).replaceAll(/\s+/g, ' ').trim();
