// Pages that load their images late put something else in their place: an empty picture, and the address in another
// attribute or in a <noscript>. A mail has no script that would fetch them. Pure.

// By how many pages use them (WordPress, Jetpack, lazysizes, Autoptimize, Squarespace, Medium).
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

/** A mail's column on a screen with two pixels to each of CSS. */
const wanted = 1200;

/** The address in `srcset` that is nearest to what a mail shows: the smallest that is large enough, else the largest. */
function fromSet(srcset: string | undefined): string | undefined {
  // Addresses may hold commas, but no white space: "a.jpg 300w, b.jpg 2x".
  const candidates = Array.from(
    (srcset ?? '').slice(0, 4_000).matchAll(/(\S*[^\s,])(?:\s+(\d{1,5}(?:\.\d{1,3})?)([wx]))?\s*(?:,|$)/g),
  ).map(([, url = '', size, unit]) => ({
    url,
    width: size === undefined ? 600 : Number(size) * (unit === 'x' ? 600 : 1),
  }));
  const sorted = candidates.toSorted((a, b) => a.width - b.width);
  return (sorted.find(({ width }) => width >= wanted) ?? sorted.at(-1))?.url;
}

/** Where the image of an <img> may be, the likeliest first. */
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

// Bounded, so that no text makes them read it again and again.
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

/** Whether the tag shows nothing by itself: its address is missing, data: or that of an empty picture. */
function isEmpty(tag: string): boolean {
  const attribs = attributesOf(tag);
  const address = lazyAddresses(attribs).find((found) => found !== undefined && found.trim() !== '');
  return address === undefined || /^\s*data:/i.test(address) || placeholder.test(address);
}

/**
 * `html` with each image that stands in a <noscript> in the place of the one before it, if that shows nothing; otherwise
 * the one in the <noscript> is the same again, and left out.
 */
export function withoutPlaceholders(html: string): string {
  if (!/<noscript/i.test(html)) return html;
  let shown = '';
  let end = 0;
  for (const match of html.matchAll(noscript)) {
    const between = html.slice(end, match.index);
    const last = [...between.matchAll(image)].at(-1);
    // Right before it, but for tags that close or wrap.
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
