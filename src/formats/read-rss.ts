// Reads RSS 0.9x, RSS 2.0 and RSS 1.0 (RDF), whose items are nearly the same.
import type { RdfFeed, RssFeed } from 'feedsmith';
import { titleText } from '../posts/html-text.js';
import { safeUrl } from '../posts/safe-url.js';
import { parseDate } from './dates.js';
import { defined, type FeedDocument, type FeedItem, hubOf, joinNames, resolveBase } from './document.js';
import { enclosedImage, enclosedMedia, mediaDescription, mediaImage } from './media.js';

type RssItem = RssFeed.Item<string>;
type RdfItem = RdfFeed.Item<string>;

/** The base of a feed's relative addresses: xml:base, else the site's address, else the document's. */
function feedBase(url: string, feed: { link?: string; xml?: { base?: string } }): string {
  return feed.xml?.base === undefined ? resolveBase(url, feed.link) : resolveBase(url, feed.xml.base);
}

function item(raw: RssItem & RdfItem, feed: { url: string; base: string; hasBase: boolean }): FeedItem {
  const base = resolveBase(feed.base, raw.xml?.base);
  const alternate = raw.atom?.links?.find(({ rel }) => rel === undefined || rel === 'alternate')?.href;
  // RSS 2.0: a guid is the post's address unless it says isPermaLink="false". Even then it may be a usable
  // address.
  const guid = raw.guid?.value ?? raw.rdf?.about;
  const url =
    safeUrl(raw.link, base) ??
    safeUrl(alternate, base) ??
    safeUrl(guid) ??
    safeUrl(raw.enclosures?.find((enclosure) => enclosure.url !== undefined)?.url, base);
  const full = raw.content?.encoded ?? raw.atom?.content?.value;
  const summary =
    raw.description ??
    raw.dc?.descriptions?.[0] ??
    raw.itunes?.summary ??
    raw.atom?.summary?.value ??
    mediaDescription(raw.media);
  return {
    // Without xml:base, addresses in a text are relative to the page that it was written for.
    base: feed.hasBase || raw.xml?.base !== undefined ? base : (url ?? base),
    post: defined({
      guid,
      url,
      title: titleText(
        raw.title ??
          raw.itunes?.title ??
          raw.dc?.titles?.[0] ??
          raw.atom?.title?.value ??
          raw.media?.title?.value ??
          '',
      ),
      html: full ?? summary,
      excerpt: full === undefined ? undefined : summary,
      author: joinNames([
        ...(raw.authors ?? []).map(({ name }) => name),
        ...(raw.dc?.creators ?? []),
        ...(raw.atom?.authors ?? []).map(({ name }) => name),
        ...(raw.authors || raw.dc?.creators ? [] : [raw.itunes?.author]),
      ]),
      image:
        mediaImage(raw.media) ??
        enclosedImage(raw.enclosures ?? []) ??
        (raw.itunes?.image === undefined ? undefined : { url: raw.itunes.image }),
      media: enclosedMedia(raw.enclosures ?? [], base, raw.media, raw.itunes?.duration),
      topics: [...(raw.categories ?? []).map(({ name }) => name), ...(raw.dc?.subjects ?? [])]
        .filter((name) => name !== undefined)
        .map(titleText),
      commentCount: raw.slash?.comments ?? raw.thr?.total,
      commentsUrl: raw.comments,
      publishedAt:
        parseDate(raw.pubDate) ??
        parseDate(raw.dc?.dates?.[0]) ??
        parseDate(raw.dcterms?.issued?.[0] ?? raw.dcterms?.created?.[0]) ??
        parseDate(raw.atom?.published ?? raw.atom?.updated),
    }),
  };
}

/** The feed's title, also from another namespace. */
const titleOf = ({ title, dc, atom }: RssFeed.Feed<string> | RdfFeed.Feed<string>): string | undefined =>
  titleText(title ?? dc?.titles?.[0] ?? atom?.title?.value ?? '') || undefined;

export function readRss(feed: RssFeed.Feed<string>, url: string): FeedDocument {
  const context = { url, base: feedBase(url, feed), hasBase: feed.xml?.base !== undefined };
  return defined({
    kind: 'rss' as const,
    title: titleOf(feed),
    items: (feed.items ?? []).map((raw) => item(raw, context)),
    home: safeUrl(feed.link, url),
    ...hubOf(feed.atom?.links, url),
  });
}

export function readRdf(feed: RdfFeed.Feed<string>, url: string): FeedDocument {
  const context = { url, base: feedBase(url, feed), hasBase: feed.xml?.base !== undefined };
  return defined({
    kind: 'rdf' as const,
    title: titleOf(feed),
    items: (feed.items ?? []).map((raw) => item(raw, context)),
    home: safeUrl(feed.link, url),
    ...hubOf(feed.atom?.links, url),
  });
}
