// Finds the feeds of a site from the address that a publisher pasted.
//
// 1. The address itself may be a feed.
// 2. If it is a page: the feeds named in its head and its Link header, WordPress's API, and links in its
//    text.
// 3. If there are none: the usual addresses of feeds.
//
// Each candidate is fetched and read like a poll, so that every feed we offer works. The limits protect us
// from hostile pages.
import { canonicalUrl } from '../posts/identity/address.js';
import type { PreparedPost } from '../posts/incoming.js';
import { parseUrl } from '../parse-url.js';
import { decodeDocument } from '../formats/charset.js';
import type { FeedKind } from '../formats/document.js';
import { type Fetched, fetchFeed } from './fetch.js';
import { type PageLink, postsOf, readPageLinks, usualAddresses } from '../formats/page-links.js';
import { parseFeed } from '../formats/parse.js';
import { failureOf, type FetchFailure } from '../outbound/fetch-failure.js';
import { type PrivateAllowance, readAllowance, readFeedUrl } from '../outbound/allowed-addresses.js';
import { isWordPressUrl, siteFeedOf } from '../formats/wordpress-url.js';

export interface FoundFeed {
  url: string;
  title: string | null;
  kind: FeedKind;
  /** The number of posts that it lists. */
  posts: number;
  /** The date of the newest post; null if the feed gives none. */
  newest: Date | null;
}

export type Discovery =
  | { status: 'found'; feeds: FoundFeed[]; /** Why there are none. */ problem: FetchProblem | null }
  | { status: 'refused'; problem: FetchProblem };

/** `reason`: for the publisher. `detail`: the same in English. */
export type FetchProblem = Pick<FetchFailure, 'code' | 'reason' | 'detail'>;

export interface DiscoverDeps {
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
}

const fetchesAtMost = 16;
const atOnce = 4;
/** For the whole discovery. After this, it returns the feeds found so far. */
const timeLimit = 25_000;
const fetchLimits = { milliseconds: 8_000, bytes: 3 * 1024 * 1024 };

/** The feeds at `url`, an address as people type it ("example.org"), the likeliest first. */
export async function discoverFeeds(deps: DiscoverDeps, { url }: { url: string }): Promise<Discovery> {
  const opened = await openAddress(deps, url);
  if (opened.status === 'refused') return opened;
  if (opened.status === 'unreachable') return { status: 'found', feeds: [], problem: opened.problem };
  const { feeds, problem } = await searchFeeds(deps, opened.page);
  return { status: 'found', feeds, problem };
}

export type OpenedAddress =
  | { status: 'opened'; page: Fetched }
  | { status: 'refused'; problem: FetchProblem }
  | { status: 'unreachable'; problem: FetchProblem };

/** Fetches the document at an address as people type it. */
export async function openAddress(deps: DiscoverDeps, url: string): Promise<OpenedAddress> {
  const allowance = readAllowance(deps.allowPrivateFeeds);
  const trimmed = url.trim();
  const hasScheme = /^[a-z][a-z\d+.-]*:/i.test(trimmed) && !/^[^/]+:\d+(?:\/|$)/.test(trimmed);
  const tries = hasScheme ? [trimmed] : [`https://${trimmed}`, `http://${trimmed}`];
  let problem: FetchProblem | undefined;
  for (const address of tries) {
    const read = readFeedUrl(address, allowance);
    if (!read.ok) return { status: 'refused', problem: failureOf(read.code, read.reason) };
    const page = await fetchFeed({ url: read.url, baseUrl: deps.baseUrl, allowance, limits: fetchLimits });
    if (page.status === 'fetched') return { status: 'opened', page };
    // What the first try met: the second one only guesses that the site has no https.
    if (page.status === 'failed') problem ??= page;
  }
  return { status: 'unreachable', problem: problem ?? failureOf('address', { key: 'fetch.addressNotWeb' }) };
}

const noFeed: FetchProblem = failureOf('document', { key: 'fetch.noFeed' });

export interface FeedSearch {
  feeds: FoundFeed[];
  /** Why there are none. */
  problem: FetchProblem | null;
  /** The document itself is a feed, of the site at this address. */
  siteOfFeed?: string | undefined;
}

/** The feeds of a page, or the document itself if it is one. */
export async function searchFeeds(deps: DiscoverDeps, page: Fetched): Promise<FeedSearch> {
  const allowance = readAllowance(deps.allowPrivateFeeds);
  const itself = await readCandidate(page, page.movedTo ?? page.url);
  if (itself !== undefined) return { feeds: [itself.feed], problem: null, siteOfFeed: itself.home };
  const links = linksOf(page);
  const search = createSearch(deps, allowance);
  const named = await search(links.map(({ url }) => url));
  const feeds = named.length > 0 ? named : await search(usualAddresses(page.url));
  return {
    feeds: ranked(distinct(feeds), links),
    problem: feeds.length > 0 ? null : noFeed,
  };
}

/** The feeds that the page names in its headers and its HTML. */
function linksOf(page: Fetched): PageLink[] {
  const { links: header = [], url } = page;
  const html = decodeDocument(page.body, page.contentType);
  const linked = header.flatMap(({ url: target, rels, type = '' }): PageLink[] => {
    if (rels.includes('https://api.w.org/')) return [{ url: postsOf(target) ?? target, from: 'wordpress' }];
    const isFeed = rels.includes('alternate') && /rss|atom|feed\+json/.test(type);
    return isFeed ? [{ url: target, from: 'head' }] : [];
  });
  const all = [...linked, ...readPageLinks(html, url)];
  // WordPress has a feed even if the theme does not link to it.
  const api = all.find(({ from }) => from === 'wordpress')?.url;
  return [...all.filter(({ from }) => from !== 'wordpress'), ...(api === undefined ? [] : wordPressOf(api))];
}

const wordPressOf = (api: string): PageLink[] => [
  { url: siteFeedOf(api), from: 'text' },
  { url: api, from: 'wordpress' },
];

/** Fetches several addresses at a time, within the limits of the whole discovery. */
function createSearch(deps: DiscoverDeps, allowance: PrivateAllowance) {
  const deadline = Date.now() + timeLimit;
  const asked = new Set<string>();
  return async (urls: readonly string[]): Promise<FoundFeed[]> => {
    const waiting = [...new Set(urls)].filter((url) => !asked.has(url));
    const found = new Map<string, FoundFeed>();
    const work = async (): Promise<void> => {
      for (let url = waiting.shift(); url !== undefined; url = waiting.shift()) {
        const left = deadline - Date.now();
        if (asked.size >= fetchesAtMost || left <= 0) return;
        asked.add(url);
        const limits = { ...fetchLimits, milliseconds: Math.min(fetchLimits.milliseconds, left) };
        const fetched = await fetchFeed({ url, baseUrl: deps.baseUrl, allowance, limits });
        const feed = fetched.status === 'fetched' ? await readCandidate(fetched, url) : undefined;
        if (feed !== undefined) found.set(url, feed.feed);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    // Keeps the order of the page, regardless of which answered first.
    return urls.flatMap((url) => found.get(url) ?? []);
  };
}

interface Candidate {
  feed: FoundFeed;
  /** The site that the feed belongs to. */
  home: string;
}

/** The feed that was fetched; undefined if the document is no feed. */
async function readCandidate(fetched: Fetched, asked: string): Promise<Candidate | undefined> {
  const parsed = await parseFeed(fetched);
  if (!parsed.ok) return undefined;
  const { kind, title, posts, home } = parsed.feed;
  const host = parseUrl(fetched.url)?.hostname.replace(/^www\./, '') ?? '';
  return {
    home: home ?? new URL('/', posts.find(({ url }) => url !== null)?.url ?? fetched.url).href,
    feed: {
      url: fetched.movedTo ?? asked,
      title: title ?? (isWordPressUrl(fetched.url) ? `${host}, by WordPress's API` : null),
      kind,
      posts: posts.length,
      newest: newestDateOf(posts),
    },
  };
}

function newestDateOf(posts: readonly PreparedPost[]): Date | null {
  const times = posts.flatMap(({ publishedAt }) => (publishedAt === null ? [] : [publishedAt.getTime()]));
  return times.length === 0 ? null : new Date(Math.max(...times));
}

/** Removes duplicate addresses. */
function distinct(feeds: readonly FoundFeed[]): FoundFeed[] {
  return [
    ...new Map(feeds.toReversed().map((feed) => [canonicalUrl(feed.url) ?? feed.url, feed])).values(),
  ].toReversed();
}

/** Puts comment feeds and empty feeds last, and keeps the order of the page otherwise. */
function ranked(feeds: readonly FoundFeed[], links: readonly PageLink[]): FoundFeed[] {
  const titles = new Map(links.map(({ url, title }) => [url, title]));
  const isOfComments = (feed: FoundFeed): boolean =>
    /\/comments?\/(?:feed|default)|[?&]feed=comments/i.test(feed.url) ||
    /^Comments (?:on|for)\b/i.test(feed.title ?? '');
  const weight = (feed: FoundFeed): number => Number(isOfComments(feed)) * 2 + Number(feed.posts === 0);
  return feeds
    .map((feed) => ({ ...feed, title: feed.title ?? titles.get(feed.url) ?? null }))
    .toSorted((a, b) => weight(a) - weight(b));
}
