// From a document's text to its posts, whatever its format.
import { parseFeed } from 'feedsmith';
import { safeUrl } from '../posts/safe-url.js';
import type { FeedDocument } from './document.js';
import { readAtom } from './read-atom.js';
import { readJson } from './read-json.js';
import { readLoosely } from './read-loosely.js';
import { readRdf, readRss } from './read-rss.js';

/** What is wrong with a document, in words for the publisher. */
export class UnreadableDocument extends Error {
  override name = 'UnreadableDocument';
}

// What XML 1.0 forbids; parsers differ in what they make of it.
const forbidden = /(?![\n\t\r])\p{Control}|[\ufffe\uffff]|\p{Surrogate}/gu;

/**
 * The text without its document type: no parser ever sees a declaration of an entity, so none is expanded. Only the
 * prolog is searched; a "<!DOCTYPE" further down stands in a post.
 */
export function withoutDoctype(text: string): string {
  let position = 0;
  for (;;) {
    position += /^\s*/.exec(text.slice(position, position + 10_000))?.[0].length ?? 0;
    if (text.startsWith('<?', position)) position = after(text, '?>', position);
    else if (text.startsWith('<!--', position)) position = after(text, '-->', position);
    else if (/^<!doctype/i.test(text.slice(position, position + 9)))
      return text.slice(0, position) + text.slice(endOfDoctype(text, position));
    else return text;
  }
}

function after(text: string, end: string, position: number): number {
  const found = text.indexOf(end, position);
  if (found === -1) throw new UnreadableDocument('The document is cut off');
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
  throw new UnreadableDocument('The document is cut off in its document type');
}

/** If a page stands where a feed should: says so, and which feed the page names. */
function refusePage(text: string, url: string): void {
  const head = text.slice(0, 200_000);
  if (!/^\s*(?:<!--.*?-->\s*)*<html[\s>]/is.test(head) || /<(?:rss|feed|rdf:rdf)[\s>]/i.test(head)) return;
  const links = head.match(/<link\s[^>]*>/gi) ?? [];
  const feed = links.find((link) =>
    /type\s*=\s*["']?application\/(?:rss\+xml|atom\+xml|feed\+json)/i.test(link),
  );
  const address = safeUrl(
    /href\s*=\s*["']?([^"'\s>]+)/i.exec(feed ?? '')?.[1]?.replaceAll('&amp;', '&'),
    url,
  );
  const hint = address === undefined ? '' : `; the page names ${address} as its feed`;
  throw new UnreadableDocument(`This is a web page, not a feed${hint}`);
}

function readWithFeedsmith(text: string, url: string): FeedDocument {
  const { format, feed } = parseFeed(text);
  switch (format) {
    case 'rss':
      return readRss(feed, url);
    case 'rdf':
      return readRdf(feed, url);
    case 'atom':
      return readAtom(feed, url);
    case 'json':
      return readJson(feed, url);
  }
}

/** Reads a feed. Throws UnreadableDocument, in words, for what is none. */
export async function readDocument(text: string, url: string): Promise<FeedDocument> {
  const clean = text.replaceAll(forbidden, '').trim();
  if (clean === '') throw new UnreadableDocument('The document is empty');
  if (clean.startsWith('{') || clean.startsWith('[')) return readJsonText(clean, url);
  const xml = withoutDoctype(clean);
  refusePage(xml, url);
  let document: FeedDocument | undefined;
  try {
    document = readWithFeedsmith(xml, url);
  } catch {
    // Not well-formed enough; the second try decides.
  }
  if (document !== undefined && (document.items.length > 0 || !/<(?:\w+:)?(?:item|entry)[\s>]/i.test(xml)))
    return document;
  try {
    const loose = await readLoosely(xml, url);
    return loose.items.length === 0 && document !== undefined ? document : loose;
  } catch {
    if (document !== undefined) return document;
    throw new UnreadableDocument('This is no feed: neither RSS nor Atom nor JSON Feed');
  }
}

function readJsonText(text: string, url: string): FeedDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadableDocument('This is JSON, but damaged');
  }
  try {
    const { format, feed } = parseFeed(value);
    if (format === 'json') return readJson(feed, url);
  } catch {
    // Some other JSON.
  }
  throw new UnreadableDocument('This is JSON, but no JSON Feed');
}
