// Reads at least as much as the feedparser package, over thousands of generated feeds, whole and damaged.
// SEED and COUNT in the environment choose other feeds for a single run. A failure prints the document.
import { Readable } from 'node:stream';
import FeedParser from 'feedparser';
import type { FeedItem } from '../../src/formats/document.js';
import { parseDate } from '../../src/formats/dates.js';
import { readDocument } from '../../src/formats/read-document.js';
import { titleText } from '../../src/posts/html-text.js';
import { cleanText } from '../../src/text/clean-text.js';
import { safeUrl } from '../../src/posts/safe-url.js';
import { damage, generateFeed, generator } from './generated-feeds.js';

const seed = Number(process.env['SEED'] ?? 20_261_123);
const count = Number(process.env['COUNT'] ?? 1_500);
const url = 'https://site.example/feed.xml';

/** The items with something in them that feedparser reads; undefined if it finds no feed. */
async function theirs(text: string): Promise<FeedParser.Item[] | undefined> {
  const parser = new FeedParser({ feedurl: url, addmeta: false });
  const items: FeedParser.Item[] = [];
  parser.on('error', () => undefined);
  Readable.from([text]).pipe(parser);
  await new Promise<void>((resolve) => {
    parser.on('readable', () => {
      for (let item = parser.read(); item !== null; item = parser.read()) items.push(item);
    });
    parser.on('end', resolve);
    parser.on('close', resolve);
  });
  const meta = parser.meta as FeedParser.Meta | undefined;
  return meta?.['#type'] ? items.filter(isNotEmpty) : undefined;
}

const isNotEmpty = ({ title, link, origlink, guid, description, summary }: FeedParser.Item): boolean =>
  [title, link, origlink, guid, description, summary].some((part) => Boolean(part?.trim()));

const plain = (text: string | null | undefined): string =>
  titleText(cleanText((text ?? '').replaceAll(/[\ufffd]/g, '')))
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The item's guid. feedparser invents one, the link, for an item without guid. */
function givenGuid(item: FeedParser.Item): string | undefined {
  const elements = item as unknown as Record<string, unknown>;
  const isInvented = item.guid === item.link && !('rss:guid' in elements) && !('atom:id' in elements);
  return isInvented ? undefined : item.guid || undefined;
}

/** The parts of `item` that our item lacks. */
function lacking(item: FeedParser.Item, { post }: FeedItem): string[] {
  const link = safeUrl(item.origlink ?? item.link, url);
  const dates = [item.pubdate, item.date].filter((found) => found && !Number.isNaN(found.getTime()));
  const date = parseDate(dates[0]?.toISOString());
  const summary = plain(item.description ?? item.summary);
  return [
    plain(item.title) !== '' && plain(post.title) === '' ? `title ${item.title}` : '',
    link !== undefined && post.url === undefined ? `link ${link}` : '',
    givenGuid(item) !== undefined && !post.guid && post.url === undefined ? `guid ${item.guid}` : '',
    date !== undefined && post.publishedAt === undefined ? `date ${date.toISOString()}` : '',
    summary !== '' && plain(post.html) === '' && plain(post.excerpt) === '' && plain(post.text) === ''
      ? `summary ${summary}`
      : '',
  ].filter((part) => part !== '');
}

/**
 * The parts of `item` that our item has with other values. For an undamaged feed there are none. RDF
 * identifies items by rdf:about, not by guid.
 */
function differing(item: FeedParser.Item, { post }: FeedItem): string[] {
  const link = safeUrl(item.origlink ?? item.link, url);
  const date = item.pubdate ?? item.date;
  return [
    plain(item.title) === plain(post.title) ? '' : `title ${item.title} | ${post.title}`,
    link === undefined || link === post.url ? '' : `link ${link} | ${post.url}`,
    givenGuid(item) === post.guid ? '' : `guid ${givenGuid(item)} | ${post.guid}`,
    date === null || date.getTime() === post.publishedAt?.getTime()
      ? ''
      : `date ${date.toISOString()} | ${post.publishedAt?.toISOString()}`,
  ].filter((part) => part !== '');
}

// An item in which the document is cut off is left for the next poll.
const cutItem =
  /<(?:item|entry)(?:\s[^<>]*)?>(?:(?!<\/?(?:item|entry)[\s>]|<\/(?:channel|rss|feed|rdf:RDF)\s*>)[^])*$/i;

async function compare(text: string, isWhole: boolean): Promise<string[]> {
  const expected = await theirs(text.replace(cutItem, ''));
  if (expected === undefined || expected.length === 0) return [];
  const ours = await readDocument(text, url).then(
    ({ items }) => items,
    () => [] as FeedItem[],
  );
  if (ours.length < expected.length) return [`${expected.length} items, of which we read ${ours.length}`];
  // We may read more items: each item of feedparser needs one of ours that lacks nothing. Where damage nests an
  // item in another, feedparser gives the inner one first.
  return expected.flatMap((item, index) => {
    const same = ours.filter(({ post }) => item.title !== null && plain(post.title) === plain(item.title));
    const candidates = ours.length === expected.length ? [ours[index], ...same] : ours;
    const gaps = candidates.flatMap((candidate) =>
      candidate === undefined ? [] : [lacking(item, candidate)],
    );
    if (!gaps.some((gap) => gap.length === 0)) return [`item ${index}: ${gaps[0]?.join(', ')}`];
    const own = ours[index];
    return isWhole && own !== undefined && !text.includes('<rdf:RDF') ? differing(item, own) : [];
  });
}

async function failures(
  make: (index: number) => string,
  { isWhole }: { isWhole: boolean },
): Promise<string[]> {
  const found: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const text = make(index);
    const gaps = await compare(text, isWhole);
    if (gaps.length > 0) found.push(`seed ${seed} document ${index}: ${gaps.join('; ')}\n${text}`);
  }
  return found;
}

test('whole feeds', async () => {
  const found = await failures((index) => generateFeed(generator(seed + index)), { isWhole: true });
  expect(found.slice(0, 3)).toEqual([]);
}, 120_000);

test('damaged feeds', async () => {
  const found = await failures(
    (index) => {
      const random = generator(seed + 1_000_000 + index);
      return damage(generateFeed(random), random);
    },
    { isWhole: false },
  );
  expect(found.slice(0, 3)).toEqual([]);
}, 120_000);
