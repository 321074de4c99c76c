// Generates thousands of feeds from a seed: well-formed feeds of every format and style, and damaged ones.

export interface Generator {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

/** Mulberry32: the same numbers for the same seed, everywhere. */
export function generator(seed: number): Generator {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    pick: (choices) => choices[Math.floor(next() * choices.length)] as (typeof choices)[number],
  };
}

const words = 'harbour crane Möwe été 東京 quay & tea <b>bold</b> "quoted" it’s 50% שלום — tide…'.split(' ');

function sentence(random: Generator, count = 1 + random.below(6)): string {
  return Array.from({ length: count }, () => random.pick(words)).join(' ');
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Encodes text in one of the ways in which publishers put it into XML. */
function content(random: Generator, text: string): string {
  return random.chance(0.3) ? `<![CDATA[${text}]]>` : escaped(text);
}

function moment(random: Generator): Date {
  return new Date(
    Date.UTC(
      2024,
      random.below(24),
      1 + random.below(28),
      random.below(24),
      random.below(60),
      random.below(60),
    ),
  );
}

function rfc822(random: Generator): string {
  const text = moment(random).toUTCString();
  return random.pick([
    text,
    text.replace('GMT', '+0000'),
    text.replace('GMT', 'EST'),
    text.replace(/^\w+, /, ''),
    text.replace('GMT', '+0530'),
  ]);
}

function rfc3339(random: Generator): string {
  const text = moment(random).toISOString();
  return random.pick([text, text.replace('.000', ''), text.replace('.000Z', '+02:00'), text.slice(0, 10)]);
}

/** Returns the element by chance; otherwise nothing. */
function maybe(random: Generator, probability: number, element: () => string): string {
  return random.chance(probability) ? element() : '';
}

function shuffled(random: Generator, parts: string[]): string {
  const left = parts.filter((part) => part !== '');
  const out: string[] = [];
  while (left.length > 0) out.push(...left.splice(random.below(left.length), 1));
  return out.join(random.pick(['', '\n', '\n    ']));
}

const address = (random: Generator, number: number): string =>
  `https://site.example/${random.pick(['p', 'a/b', '2026/11'])}/${number}${random.pick(['', '/', '?a=1&amp;b=2', '.html'])}`;

function rssItem(random: Generator, number: number): string {
  const parts = [
    maybe(random, 0.9, () => `<title>${content(random, `${sentence(random)} ${number}`)}</title>`),
    maybe(random, 0.85, () => `<link>${address(random, number)}</link>`),
    maybe(random, 0.75, () =>
      random.chance(0.5)
        ? `<guid isPermaLink="false">id-${number}</guid>`
        : `<guid>https://site.example/?p=${number}</guid>`,
    ),
    maybe(random, 0.75, () => `<pubDate>${rfc822(random)}</pubDate>`),
    maybe(random, 0.15, () => `<dc:date>${rfc3339(random)}</dc:date>`),
    maybe(
      random,
      0.8,
      () => `<description>${content(random, `<p>${sentence(random, 12)}</p>`)}</description>`,
    ),
    maybe(random, 0.3, () => `<content:encoded><![CDATA[<p>${sentence(random, 30)}</p>]]></content:encoded>`),
    maybe(random, 0.3, () => `<dc:creator>${escaped(sentence(random, 2))}</dc:creator>`),
    maybe(random, 0.3, () => `<category>${escaped(sentence(random, 1))}</category>`),
    maybe(random, 0.2, () => `<media:thumbnail url="https://site.example/${number}.jpg"/>`),
    maybe(
      random,
      0.2,
      () => `<enclosure url="https://site.example/${number}.mp3" type="audio/mpeg" length="1"/>`,
    ),
    maybe(random, 0.2, () => `<slash:comments>${random.below(90)}</slash:comments>`),
    maybe(random, 0.1, () => `<!-- <item> ${number} -->`),
    // Draws no random number, so that a seed still makes the same feeds.
    number === 5 ? `<feedburner:origLink>https://own.example/${number}</feedburner:origLink>` : '',
  ];
  return `<item>${shuffled(random, parts)}</item>`;
}

function atomEntry(random: Generator, number: number): string {
  const text = (): string =>
    random.chance(0.5)
      ? ` type="html">${content(random, `<p>${sentence(random, 9)}</p>`)}`
      : random.chance(0.5)
        ? ` type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>${escaped(sentence(random, 9))}</p></div>`
        : `>${escaped(sentence(random, 9))}`;
  const parts = [
    maybe(random, 0.9, () => `<title>${escaped(sentence(random))} ${number}</title>`),
    maybe(
      random,
      0.85,
      () =>
        `<link ${random.pick(['', 'rel="alternate" ', 'rel="alternate" type="text/html" '])}href="${address(random, number)}"/>`,
    ),
    maybe(
      random,
      0.85,
      () => `<id>${random.pick([`urn:x:${number}`, `https://site.example/?p=${number}`])}</id>`,
    ),
    maybe(random, 0.7, () => `<updated>${rfc3339(random)}</updated>`),
    maybe(random, 0.5, () => `<published>${rfc3339(random)}</published>`),
    maybe(random, 0.6, () => `<summary${text()}</summary>`),
    maybe(random, 0.6, () => `<content${text()}</content>`),
    maybe(random, 0.4, () => `<author><name>${escaped(sentence(random, 2))}</name></author>`),
    maybe(random, 0.3, () => `<category term="${random.below(9)}"/>`),
  ];
  return `<entry>${shuffled(random, parts)}</entry>`;
}

const namespaces =
  'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"';

/** A well-formed feed. */
export function generateFeed(random: Generator): string {
  const items = (make: (random: Generator, number: number) => string): string[] =>
    Array.from({ length: 1 + random.below(6) }, (_, index) => make(random, index + 1));
  const declaration = random.pick(['', '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n']);
  const title = `<title>${escaped(sentence(random))}</title>`;
  switch (random.below(5)) {
    case 0:
      return `${declaration}<feed xmlns="http://www.w3.org/2005/Atom">${title}${items(atomEntry).join('\n')}</feed>`;
    case 1: {
      const rdf = items(rssItem).map((item, index) =>
        item.replace('<item>', `<item rdf:about="https://site.example/r/${index}">`),
      );
      return `${declaration}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" ${namespaces}><channel rdf:about="https://site.example/">${title}<link>https://site.example/</link></channel>${rdf.join('\n')}</rdf:RDF>`;
    }
    default:
      return `${declaration}<rss version="${random.pick(['2.0', '2.0', '0.91', '0.92'])}" ${namespaces}><channel>${title}<link>https://site.example/</link>${items(rssItem).join('\n')}</channel></rss>`;
  }
}

type Accident = (text: string, random: Generator) => string;

const replaceOne =
  (pattern: RegExp, by: (found: string, random: Generator) => string): Accident =>
  (text, random) => {
    const found = [...text.matchAll(pattern)];
    if (found.length === 0) return text;
    const match = random.pick(found);
    return text.slice(0, match.index) + by(match[0], random) + text.slice(match.index + match[0].length);
  };

const accidents: readonly Accident[] = [
  // Truncated, as by a timeout.
  (text, random) => text.slice(0, Math.floor(text.length * (0.4 + random.below(60) / 100))),
  // One piece lost, doubled, or turned into noise.
  (text, random) => {
    const at = random.below(text.length);
    return text.slice(0, at) + text.slice(at + 1 + random.below(20));
  },
  (text, random) => {
    const at = random.below(text.length);
    return text.slice(0, at) + text.slice(Math.max(0, at - random.below(80)));
  },
  (text, random) => {
    const at = random.below(text.length);
    return (
      text.slice(0, at) +
      random.pick([
        '<',
        '>',
        '&',
        '"',
        '\u0000',
        '\u0007',
        ']]>',
        '<!--',
        '&nbsp;',
        '<br>',
        'ÿ',
        '&#0;',
        '</',
      ]) +
      text.slice(at)
    );
  },
  // Mistakes of hand-written templates.
  replaceOne(/&amp;/g, () => '&'),
  replaceOne(/<\/\w+>/g, () => ''),
  replaceOne(/<\/\w+>/g, (tag) => tag.toUpperCase()),
  replaceOne(/<\w+>/g, (tag) => tag.toUpperCase()),
  replaceOne(/ xmlns:\w+="[^"]*"/g, () => ''),
  replaceOne(/"/g, () => ''),
  replaceOne(/<description>/g, (tag) => `${tag}<p>Not escaped<br>at all &eacute;</p>`),
  replaceOne(/<item>|<entry>/g, (tag) => `${tag}${tag}`),
  replaceOne(/<!\[CDATA\[/g, () => ''),
  replaceOne(/\]\]>/g, () => ''),
  replaceOne(
    /<(?:rss|feed)[^>]*>/g,
    (tag, random) => `<!DOCTYPE ${random.pick(['rss', 'rss [<!ENTITY x "y">]', 'html'])}>${tag}`,
  ),
  replaceOne(/^/g, (_, random) =>
    random.pick(['\n\n', ' ', '\ufeff', 'Warning: something in line 3\n', '<!-- hello -->']),
  ),
  replaceOne(/$/g, (_, random) =>
    random.pick(['\n<!-- 0.3 s -->', '<script>x</script>', 'trailing', '\u0000']),
  ),
];

/** Damages the feed one to three times. */
export function damage(text: string, random: Generator): string {
  let damaged = text;
  for (let count = 1 + random.below(3); count > 0; count -= 1)
    damaged = random.pick(accidents)(damaged, random);
  return damaged;
}
