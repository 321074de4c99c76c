// Reads the current content of a feed of any kind: fetches it, parses it, and returns one form.
import type { PreparedPost } from '../posts/incoming.js';
import type { FeedKind, Tombstone } from '../formats/document.js';
import { failureOf, type FetchFailure } from '../outbound/fetch-failure.js';
import { isFuture } from '../outbound/http-headers.js';
import { type AnswerNotes, fetchFeed, type FetchInput } from './fetch.js';
import { fetchWordPress } from './fetch-wordpress.js';
import { parseFeed } from '../formats/parse.js';
import { isWordPressUrl } from '../formats/wordpress-url.js';

export interface ReadFeed extends AnswerNotes {
  status: 'read';
  kind: FeedKind;
  title: string | null;
  posts: PreparedPost[];
  /** The newest posts, without a gap: a post missing among them was deleted. */
  listed: PreparedPost[];
  notNews: Set<PreparedPost>;
  deleted: Tombstone[];
  etag: string | null;
  lastModified: string | null;
  /** The address where WordPress lists its posts, if it differs from ours. */
  endpoint?: string;
  hub?: string;
  /** The address by which the hub knows the feed. */
  topic?: string;
}

export interface FeedToRead extends Pick<FetchInput, 'baseUrl' | 'allowance' | 'confidential' | 'isFresh'> {
  url: string;
  kind: string | null;
  keepFurniture?: boolean | undefined;
  etag: string | null;
  lastModified: string | null;
  lastSuccessAt: Date | null;
  now: Date;
}

/** Fetches and parses a feed. Throws only for bugs. */
export async function readFeed(
  feed: FeedToRead,
): Promise<ReadFeed | ({ status: 'not-modified' } & AnswerNotes) | FetchFailure> {
  if (feed.kind === 'wordpress' || isWordPressUrl(feed.url)) return readWordPressFeed(feed);
  const fetched = await fetchFeed({ ...feed, lastModified: pastOnly(feed.lastModified, feed.now) });
  if (fetched.status !== 'fetched') return fetched;
  const parsed = await parseFeed({ ...fetched, keepFurniture: feed.keepFurniture });
  if (!parsed.ok) return failureOf('document', parsed.reason);
  const { kind, title, posts, deleted, hub, self } = parsed.feed;
  // WebSub section 4: the Link header before the document.
  const linked = (rel: string): string | undefined =>
    fetched.links?.find(({ rels }) => rels.includes(rel))?.url;
  const hubUrl = linked('hub') ?? hub;
  return {
    status: 'read',
    kind,
    title,
    posts,
    listed: posts,
    notNews: new Set(),
    deleted,
    etag: fetched.etag ?? null,
    lastModified: pastOnly(fetched.lastModified, feed.now),
    ...(fetched.movedTo === undefined ? {} : { movedTo: fetched.movedTo }),
    ...(fetched.freshSeconds === undefined ? {} : { freshSeconds: fetched.freshSeconds }),
    ...(hubUrl === undefined ? {} : { hub: hubUrl, topic: linked('self') ?? self ?? fetched.url }),
  };
}

const pastOnly = (date: string | null | undefined, now: Date): string | null =>
  date === null || date === undefined || isFuture(date, now) ? null : date;

/**
 * True if the server answers 304 to the validators of an earlier document. Asked after the document changed, it
 * shows that they are worthless.
 */
export async function isStillNotModified(feed: FeedToRead): Promise<boolean> {
  const { status } = await fetchFeed({ ...feed, lastModified: pastOnly(feed.lastModified, feed.now) });
  return status === 'not-modified';
}

async function readWordPressFeed(feed: FeedToRead): Promise<ReadFeed | FetchFailure> {
  const found = await fetchWordPress({ ...feed, since: feed.lastSuccessAt });
  if (found.status !== 'read') return found;
  const { endpoint, title, posts, listed, notNews } = found;
  return {
    status: 'read',
    kind: 'wordpress',
    title,
    posts,
    listed,
    notNews,
    deleted: [],
    etag: null,
    lastModified: null,
    ...(endpoint === feed.url ? {} : { endpoint }),
  };
}
