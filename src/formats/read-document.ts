// Reads posts from a document's text, in any format.
import { parseFeed } from 'feedsmith';
import { safeUrl } from '../posts/safe-url.js';
import { defined, type FeedDocument, type FeedItem } from './document.js';
import { readAtom } from './read-atom.js';
import { hasJsonItems, feedInJson, readJsonFeed } from './read-json.js';
import { complete, isComplete, isNotEmpty } from './complete.js';
import { escapeStrayAnds } from './mend-leaf.js';
import { expandEntities } from './expand-entities.js';
import { hasItems, mendMarkup, withoutCutItem } from './mend-markup.js';
import { originalLinks } from './original-links.js';
import { readLoosely } from './read-loosely.js';
import { readRdf, readRss } from './read-rss.js';
import { readTombstones } from './read-tombstones.js';
import type { Message } from '../languages/messages.js';
import { readWordPress } from './read-wordpress.js';
import { closeHiding } from './self-closed.js';
import { unpackBase64 } from './unpack-base64.js';
import { withUsualNames } from './usual-names.js';
import { withoutC1Controls } from '../text/windows-1252.js';

/** The fault of a document. */
export class UnreadableDocument extends Error {
  override name = 'UnreadableDocument';
  /** For the publisher. */
  readonly reason: Message;

  constructor(reason: Message) {
    super(reason.key);
    this.reason = reason;
  }
}

/** The fault of a document with items, if no post comes of them. As an empty feed, it would fail silently. */
export const noPosts: Message = { key: 'fetch.noPosts' };

// Characters that XML 1.0 forbids. Parsers treat them differently.
const forbidden = /(?![\n\t\r])\p{Control}|[\ufffe\uffff]|\p{Surrogate}/gu;

const doctype = /<!doctype[^<>[]*(?:\[[^\]]*\][^<>]*)?>/gi;

/**
 * The text from its root element on. No parser ever sees a document type, so no entity is declared or
 * expanded. Only the prolog is searched: a "<!DOCTYPE" further down belongs to a post.
 */
function rootOf(text: string): string {
  const space = /\s*/y;
  let position = 0;
  for (;;) {
    space.lastIndex = position;
    space.test(text);
    position = Math.max(position, space.lastIndex);
    if (text.startsWith('<?', position)) position = after(text, '?>', position);
    else if (text.startsWith('<!--', position)) position = after(text, '-->', position);
    else if (/^<!doctype/i.test(text.slice(position, position + 9))) position = endOfDoctype(text, position);
    else return text.slice(position);
  }
}

function after(text: string, end: string, position: number): number {
  const found = text.indexOf(end, position);
  if (found === -1) throw new UnreadableDocument({ key: 'fetch.cutOff' });
  return found + end.length;
}

function endOfDoctype(text: string, start: number): number {
  let quote: string | undefined;
  let isSubset = false;
  for (let position = start; position < text.length; position += 1) {
    const character = text[position];
    if (quote !== undefined) {
      if (character === quote) quote = undefined;
    } else if (isSubset && text.startsWith('<!--', position)) position = after(text, '-->', position) - 1;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '[') isSubset = true;
    else if (character === ']') isSubset = false;
    else if (character === '>' && !isSubset) return position + 1;
  }
  throw new UnreadableDocument({ key: 'fetch.cutOffInType' });
}

/** Throws if the document is a web page. The message names the page's feed, if it has one. */
function refusePage(text: string, url: string): void {
  const head = text.slice(0, 200_000);
  if (!/^<html[\s>]/i.test(head)) return;
  const links = head.match(/<link\s[^>]*>/gi) ?? [];
  const feed = links.find((link) =>
    /type\s*=\s*["']?application\/(?:rss\+xml|atom\+xml|feed\+json)/i.test(link),
  );
  const address = safeUrl(
    /href\s*=\s*["']?([^"'\s>]+)/i.exec(feed ?? '')?.[1]?.replaceAll('&amp;', '&'),
    url,
  );
  throw new UnreadableDocument(
    address === undefined
      ? { key: 'fetch.webPage' }
      : { key: 'fetch.webPageWithFeed', args: { feed: address } },
  );
}

/** Undefined if feedsmith cannot read the document. */
function readWithFeedsmith(text: string, url: string): FeedDocument | undefined {
  try {
    const { format, feed } = parseFeed(text);
    switch (format) {
      case 'rss':
        return readRss(feed, url);
      case 'rdf':
        return readRdf(feed, url);
      case 'atom':
        return readAtom(feed, url);
      case 'json':
        return readJsonFeed(feed, url);
    }
  } catch {
    return undefined;
  }
}

/** Reads a feed. Throws UnreadableDocument, with the reason, for any other document. */
export async function readDocument(text: string, url: string): Promise<FeedDocument> {
  const document = await readText(text, url);
  return { ...document, items: document.items.map(withAllText) };
}

function withAllText(item: FeedItem): FeedItem {
  const { html, excerpt } = item.post;
  const closed = defined({
    html: html === undefined ? undefined : closeHiding(html),
    excerpt: excerpt === undefined ? undefined : closeHiding(excerpt),
  });
  return { ...item, post: { ...item.post, ...closed } };
}

async function readText(text: string, url: string): Promise<FeedDocument> {
  const clean = withoutC1Controls(text).replaceAll(forbidden, '').trim();
  if (clean === '') throw new UnreadableDocument({ key: 'fetch.empty' });
  if (clean.startsWith('{') || clean.startsWith('[')) return readJsonText(clean, url);
  const root = rootOf(clean);
  const whole = withUsualNames(unpackBase64(expandEntities(root, clean.slice(0, -root.length))));
  refusePage(whole, url);
  const { xml, isCut } = withoutCutItem(whole);
  const mended = mendMarkup(xml);
  const document = readWithFeedsmith(mended, url);
  const itemsAtMost = xml.match(/<(?:\w+:)?(?:item|entry)[\s>]/gi)?.length ?? 0;
  const isWhole =
    document !== undefined && document.items.length >= itemsAtMost && document.items.every(isComplete);
  const readable = isWhole
    ? document
    : await readAgain(
        document,
        { xml, mended, original: withoutCutItem(unpackBase64(text.trim())).xml },
        url,
      );
  if (readable === undefined) throw new UnreadableDocument({ key: 'fetch.notAFeed' });
  const items = withOriginalLinks(readable.items.filter(isNotEmpty), xml);
  if (items.length === 0 && isCut) throw new UnreadableDocument({ key: 'fetch.cutOff' });
  if (items.length === 0 && hasItems(xml))
    throw new UnreadableDocument(mended === xml ? noPosts : { key: 'fetch.damagedPosts' });
  const deleted = readable.kind === 'atom' ? readTombstones(xml) : [];
  return { ...readable, items, ...(deleted.length === 0 ? {} : { deleted }) };
}

function withOriginalLinks(items: readonly FeedItem[], xml: string): FeedItem[] {
  const links = originalLinks(xml);
  if (links.size === 0) return [...items];
  return items.map((item) => {
    const url = links.get(item.post.url ?? '');
    return url === undefined ? item : { ...item, post: { ...item.post, url } };
  });
}

/**
 * Reads a damaged or incomplete document a second time, leniently. The mended document comes first; a reading of the
 * damaged one counts only if it finds more posts. If posts still lack something, the last reading keeps the control
 * characters: removing one may have made a tag.
 */
async function readAgain(
  strict: FeedDocument | undefined,
  { xml, mended, original }: { xml: string; mended: string; original: string },
  url: string,
): Promise<FeedDocument | undefined> {
  const loosely = (text: string) => readLoosely(escapeStrayAnds(text), url).catch(() => undefined);
  let readable = fuller(strict, await loosely(mended));
  if (mended !== xml) {
    const damaged = fuller(readWithFeedsmith(xml, url), await loosely(xml));
    if (postsIn(damaged) > postsIn(readable)) readable = fuller(readable, damaged);
  }
  const isDone = original.endsWith(xml) || (readable?.items ?? []).every(isComplete);
  return isDone ? readable : fuller(readable, await loosely(original.replaceAll(doctype, '')));
}

/** The number of items that are not empty. */
const postsIn = (document: FeedDocument | undefined): number =>
  (document?.items ?? []).filter(isNotEmpty).length;

/** The reading with more posts, completed from the other one. On a tie, the first one. */
function fuller(strict: FeedDocument | undefined, loose: FeedDocument | undefined): FeedDocument | undefined {
  if (strict === undefined || loose === undefined) return strict ?? loose;
  const [better, other] = postsIn(loose) > postsIn(strict) ? [loose, strict] : [strict, loose];
  return { ...better, items: complete(better.items, other.items) };
}

const escapedC1 = /\\u00[89]/i;
const reviveText = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? withoutC1Controls(value) : value;

function readJsonText(text: string, url: string): FeedDocument {
  let value: unknown;
  try {
    value = JSON.parse(text, escapedC1.test(text) ? reviveText : undefined);
  } catch {
    throw new UnreadableDocument({ key: 'fetch.damagedJson' });
  }
  const posts = readWordPress(value, url);
  if (posts !== undefined) return posts;
  const feed = feedInJson(value);
  if (feed === undefined) throw new UnreadableDocument({ key: 'fetch.otherJson' });
  const document = readJsonFeed(feed, url);
  const items = document.items.filter(isNotEmpty);
  if (items.length === 0 && hasJsonItems(value)) throw new UnreadableDocument(noPosts);
  return { ...document, items };
}
