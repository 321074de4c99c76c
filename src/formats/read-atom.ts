// Reads Atom 1.0 (RFC 4287) and 0.3.
import type { AtomFeed } from 'feedsmith';
import { htmlOf, looksLikeHtml, titleText } from '../posts/html-text.js';
import { safeUrl } from '../posts/safe-url.js';
import { parseDate } from './dates.js';
import { defined, type FeedDocument, type FeedItem, hubOf, joinNames, resolveBase } from './document.js';
import { enclosedImage, enclosedMedia, isWords, mediaDescription, mediaImage } from './media.js';
import { htmlOfXhtml } from './self-closed.js';

interface TextConstruct {
  value?: string;
  type?: string;
}

const isXhtml = (type: string | undefined): boolean => /xhtml/i.test(type ?? '');
const isMarkup = (type: string | undefined): boolean => /html/i.test(type ?? '');

/**
 * The construct as plain text. RFC 4287 section 3.1: type "text" is plain text, even if it looks like HTML.
 */
function plain(text: TextConstruct | undefined): string {
  return isMarkup(text?.type) ? titleText(text?.value ?? '') : (text?.value ?? '');
}

/**
 * The construct as HTML. Without a type, many publishers mean HTML, although the default is text. With
 * type="text" they mean text.
 */
function html(text: TextConstruct | undefined): string | undefined {
  const value = text?.value;
  if (value === undefined) return undefined;
  if (isXhtml(text?.type)) return htmlOfXhtml(value);
  if (isMarkup(text?.type)) return value;
  if (text?.type === undefined && looksLikeHtml(value)) return value;
  return isWords(text?.type) ? htmlOf(value) : undefined;
}

function linkOf(links: readonly AtomFeed.Link<string>[], base: string): string | undefined {
  const alternates = links.filter(({ rel }) => rel === undefined || rel === 'alternate');
  const page = alternates.find(({ type }) => type === undefined || isMarkup(type)) ?? alternates[0];
  return safeUrl(page?.href, base);
}

function entry(raw: AtomFeed.Entry<string>, feed: AtomFeed.Feed<string>, feedBase: string): FeedItem {
  const base = resolveBase(feedBase, raw.xml?.base);
  const links = raw.links ?? [];
  const url = linkOf(links, base) ?? safeUrl(raw.id);
  const bases = [raw.content?.xml?.base ?? raw.summary?.xml?.base, raw.xml?.base, feed.xml?.base];
  const full = html(raw.content);
  const summary = html(raw.summary) ?? mediaDescription(raw.media);
  const linked =
    raw.content?.src === undefined ? [] : [defined({ url: raw.content.src, type: raw.content.type })];
  const enclosures = links
    .filter(({ rel }) => rel === 'enclosure')
    .map(({ href, type }) => defined({ url: href, type }));
  const authors = raw.authors ?? raw.source?.authors ?? feed.authors ?? [];
  return {
    base: bases.some((part) => part !== undefined) ? resolveBase(base, bases[0]) : (url ?? base),
    post: defined({
      guid: raw.id,
      url,
      title: raw.title === undefined ? titleText(raw.dc?.titles?.[0] ?? '') : plain(raw.title),
      html: full ?? summary,
      excerpt: full === undefined ? undefined : summary,
      author: joinNames([...authors.map(({ name }) => name), ...(raw.dc?.creators ?? [])]),
      image: mediaImage(raw.media) ?? enclosedImage([...enclosures, ...linked]),
      media: enclosedMedia(enclosures, base, raw.media, raw.itunes?.duration),
      topics: [
        ...(raw.categories ?? []).map(({ label, term }) => label ?? term),
        ...(raw.dc?.subjects ?? []),
      ].filter((name) => name !== undefined),
      commentCount: raw.slash?.comments ?? raw.thr?.total,
      // RFC 4685 section 4: of the replies, a page is for people, a feed is not.
      commentsUrl: links.find(({ rel, type }) => rel === 'replies' && isMarkup(type))?.href,
      publishedAt: parseDate(raw.published) ?? parseDate(raw.updated),
    }),
  };
}

export function readAtom(feed: AtomFeed.Feed<string>, url: string): FeedDocument {
  const base = resolveBase(url, feed.xml?.base);
  return defined({
    kind: 'atom' as const,
    title: plain(feed.title ?? { value: feed.dc?.titles?.[0] ?? '' }) || undefined,
    items: (feed.entries ?? []).map((raw) => entry(raw, feed, base)),
    home: linkOf(feed.links ?? [], base),
    ...hubOf(feed.links, base),
  });
}
