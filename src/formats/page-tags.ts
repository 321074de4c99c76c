// Reads single tags of a page from outside, without building a tree of it. Pure.

const references: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  hellip: '…',
  middot: '·',
  bull: '•',
  raquo: '»',
  laquo: '«',
};

function character(word: string): string | undefined {
  if (!word.startsWith('#')) return references[word.toLowerCase()];
  const code = /^#x/i.test(word) ? Number.parseInt(word.slice(2), 16) : Number(word.slice(1));
  return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : undefined;
}

/** The text of a title or an attribute, with its character references resolved. */
export const textOfMarkup = (markup: string): string =>
  markup.replaceAll(
    /&(#\d{1,7}|#x[\da-f]{1,6}|\w{1,8});/gi,
    (whole, word: string) => character(word) ?? whole,
  );

/** The value of a tag's attribute; undefined if the tag has none. */
export function attributeOf(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i')
    .exec(tag)
    ?.slice(1)
    .find((found) => found !== undefined);
  return value === undefined ? undefined : textOfMarkup(value);
}

/** The page without comments and scripts, whose tags are none of the page. */
export const withoutScripts = (html: string): string =>
  html.replaceAll(/<!--[^]*?(?:-->|$)|<script[\s>][^]*?(?:<\/script|$)/gi, '');

/** The opening tags with this name. */
export const tagsNamed = (html: string, name: string): string[] =>
  html.match(new RegExp(`<${name}\\s[^<>]{1,5000}>`, 'gi')) ?? [];
