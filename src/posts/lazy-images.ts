// Pages that load their images late put a placeholder in their place. The address is in another attribute, or
// in a <noscript>. A mail has no script that would fetch it. Pure.

// The most widely used come first (WordPress, Jetpack, lazysizes, Autoptimize, Squarespace, Medium).
const lateAttributes = [
  'data-src',
  'data-lazy-src',
  'data-orig-file',
  'data-original',
  'data-image',
  'data-url',
];
const lateSets = ['data-srcset', 'data-lazy-srcset', 'srcset'];

const placeholder =
  /(?:^|[/_-])(?:blank|spacer|placeholder|transparent|pixel|lazy|loading|1x1|trans)[\w-]*\.(?:gif|png|svg|webp)(?:[?#]|$)/i;

/** Pixels: a mail's column on a screen with two device pixels for each CSS pixel. */
const wanted = 1200;

/** The address in `srcset` that suits a mail best: the smallest that is large enough, else the largest. */
export function fromSet(srcset: string | undefined): string | undefined {
  // Addresses may contain commas, but no white space: "a.jpg 300w, b.jpg 2x".
  const candidates = Array.from(
    (srcset ?? '').slice(0, 4_000).matchAll(/(\S*[^\s,])(?:\s+(\d{1,5}(?:\.\d{1,3})?)([wx]))?\s*(?:,|$)/g),
  ).map(([, url = '', size, unit]) => ({
    url,
    width: size === undefined ? 600 : Number(size) * (unit === 'x' ? 600 : 1),
  }));
  const sorted = candidates.toSorted((a, b) => a.width - b.width);
  return (sorted.find(({ width }) => width >= wanted) ?? sorted.at(-1))?.url;
}

/** The possible addresses of an <img>, the likeliest first. */
export function lazyAddresses(attribs: Readonly<Record<string, string>>): (string | undefined)[] {
  const { src } = attribs;
  const late = [
    ...lateAttributes.map((name) => attribs[name]),
    ...lateSets.map((name) => fromSet(attribs[name])),
  ];
  return src !== undefined && placeholder.test(src)
    ? [...late, src]
    : [...late.slice(0, lateAttributes.length), src, ...late];
}

// The repetitions are bounded, so that no text causes excessive backtracking.
const noscript =
  /<noscript[^>]{0,100}>\s{0,100}(?:<a\b[^>]{0,2000}>\s{0,100})?(<img\b[^>]{0,2000}>)\s{0,100}(?:<\/a>\s{0,100})?<\/noscript>/gi;
const image = /<img\b[^>]{0,2000}>/gi;

const attributesOf = (tag: string): Record<string, string> =>
  Object.fromEntries(
    Array.from(tag.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g), ([, name = '', double, single]) => [
      name.toLowerCase(),
      double ?? single ?? '',
    ]),
  );

/** True if the tag shows nothing by itself: its address is missing, a data: URL or that of a placeholder. */
function isEmpty(tag: string): boolean {
  const attribs = attributesOf(tag);
  const address = lazyAddresses(attribs).find((found) => found !== undefined && found.trim() !== '');
  return address === undefined || /^\s*data:/i.test(address) || placeholder.test(address);
}

/**
 * Puts the image of each <noscript> in the place of the image right before it, if that one shows nothing. If
 * it shows something, the <noscript> repeats it and is dropped.
 */
export function withoutPlaceholders(html: string): string {
  if (!/<noscript/i.test(html)) return html;
  let shown = '';
  let end = 0;
  for (const match of html.matchAll(noscript)) {
    const between = html.slice(end, match.index);
    const last = [...between.matchAll(image)].at(-1);
    // Only tags and white space may stand between the image and the <noscript>.
    const isBefore =
      last !== undefined &&
      !/[^\s]/.test(between.slice(last.index + last[0].length).replaceAll(/<[^>]*>/g, ''));
    if (!isBefore) shown += between + match[1];
    else if (isEmpty(last[0]))
      shown += between.slice(0, last.index) + match[1] + between.slice(last.index + last[0].length);
    else shown += between;
    end = match.index + match[0].length;
  }
  return shown + html.slice(end);
}
