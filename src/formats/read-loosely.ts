// The second try, for documents that feedsmith rejects: feedparser's XML parser forgives nearly everything.
import { Readable } from 'node:stream';
import FeedParser from 'feedparser';
import { enclosedMedia, isWords } from './media.js';
import { titleText } from '../posts/html-text.js';
import { safeUrl } from '../posts/safe-url.js';
import { parseDateLeniently } from './dates.js';
import { defined, joinNames, type FeedDocument, type FeedItem, type FeedKind } from './document.js';

interface Element {
  '#'?: string;
  '@'?: { type?: string };
  about?: string;
}

/**
 * The date, read from the document's own elements: feedparser's dates are in the machine's zone. Uses the
 * same elements as feedparser, those of the publication first.
 */
function dateOf(elements: Record<string, Element | Element[] | undefined>): Date | undefined {
  const texts = (pattern: RegExp): string[] =>
    Object.keys(elements)
      .filter((name) => pattern.test(name))
      .flatMap((name) => elements[name] ?? [])
      .map((element) => element['#']?.trim() ?? '');
  return [...texts(/:(?:pubdate|published|issued)$/), ...texts(/:(?:modified|updated|date)$/)]
    .filter((text) => text !== '')
    .map(parseDateLeniently)
    .find((date) => date !== undefined);
}

/**
 * The guid that the document gives: feedparser invents one, the link, for an item without. Posts that share a
 * link would be one post. RSS 1.0 names its items by rdf:about, as in the strict reading.
 */
function guidOf(one: (name: string) => Element | undefined): string | undefined {
  const given = ['rss:guid', 'atom:id', 'rdf:guid', 'rss:id', 'rdf:id'].map((name) =>
    one(name)?.['#']?.trim(),
  );
  return one('rdf:@')?.about ?? given.find((guid) => guid);
}

/** "1:12:44" or "4364" as seconds. */
function secondsOf(duration: string | undefined): number | undefined {
  if (!/^\s*\d{1,6}(?::\d{1,2}){0,2}\s*$/.test(duration ?? '')) return undefined;
  return (duration ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

function item(raw: FeedParser.Item, feedUrl: string): FeedItem {
  const elements = raw as unknown as Record<string, Element | Element[] | undefined>;
  const one = (name: string): Element | undefined => [elements[name]].flat()[0];
  const full = isWords(one('atom:content')?.['@']?.type) ? (raw.description ?? undefined) : undefined;
  const summary = raw.summary ?? undefined;
  const guid = guidOf(one);
  const url = safeUrl(raw.origlink ?? raw.link, feedUrl) ?? safeUrl(guid);
  const comments = Number(one('slash:comments')?.['#']);
  return {
    base: url ?? feedUrl,
    post: defined({
      guid,
      url,
      title: titleText(raw.title ?? one('dc:title')?.['#'] ?? ''),
      html: full ?? summary,
      excerpt: summary === full ? undefined : summary,
      author: joinNames([raw.author]),
      image: raw.image?.url ? { url: raw.image.url } : undefined,
      media: enclosedMedia(
        (raw.enclosures ?? []).map(({ url: file, type }) => defined({ url: file, type: type ?? undefined })),
        url ?? feedUrl,
        undefined,
        secondsOf(one('itunes:duration')?.['#']),
      ),
      topics: (raw.categories ?? []).filter((name) => typeof name === 'string'),
      commentCount: Number.isInteger(comments) ? comments : undefined,
      commentsUrl: typeof raw.comments === 'string' ? raw.comments : undefined,
      publishedAt: dateOf(elements),
    }),
  };
}

/** Reads the document with feedparser. Throws if it finds no feed. */
export async function readLoosely(text: string, url: string): Promise<FeedDocument> {
  const parser = new FeedParser({ feedurl: url, addmeta: false });
  const items: FeedItem[] = [];
  let failure: Error | undefined;
  // feedparser reports damage and reads on. Only the end shows whether there was a feed.
  parser.on('error', (error: Error) => {
    failure = error;
  });
  Readable.from([text]).pipe(parser);
  await new Promise<void>((resolve) => {
    parser.on('readable', () => {
      for (let raw = parser.read(); raw !== null; raw = parser.read()) items.push(item(raw, url));
    });
    parser.on('end', resolve);
    parser.on('close', resolve);
  });
  const meta = parser.meta as FeedParser.Meta | undefined;
  const kind = meta?.['#type'] as string | undefined;
  if (items.length === 0 && !kind) throw failure ?? new Error('no feed');
  const feedKind: FeedKind = kind === 'atom' || kind === 'rdf' ? kind : 'rss';
  return defined({
    kind: feedKind,
    title: meta?.title ? titleText(meta.title) : undefined,
    items,
  });
}
