// The posts of a WordPress site by its REST API, which has no feed's limit of ten posts, but three gaps of its own:
//
// 1. It cannot tell whether anything has changed. So only the newest posts are listed, back to the last poll, and those
//    modified since; usually a page each.
// 2. A scheduled post appears without being "modified", and a back-dated one not among the newest: hence both lists. Of
//    the modified ones that we have never seen, those created since are new (numbers only rise); the others are edited
//    posts from before our time, and no news.
// 3. A post does not say how many comments it has; the site's RSS feed does (slash:comments), for its newest posts, and is
//    one request for all of them.
import { hour } from '../durations.js';
import type { PreparedPost } from '../posts/incoming.js';
import { canonicalUrl } from '../posts/identity/address.js';
import type { Message } from '../languages/messages.js';
import { failureOf, type FetchFailure } from '../outbound/fetch-failure.js';
import { type Fetched, fetchFeed, type FetchInput } from './fetch.js';
import { type ParsedFeed, parseFeed } from '../formats/parse.js';
import { endpointsOf, pageUrl, siteFeedOf } from '../formats/wordpress-url.js';

/** The same limit as for any other feed. */
const postsAtMost = 200;
const pagesAtMost = 10;
/** At the first poll, most posts of a site are old anyway. */
const firstPages = 3;
/** A worker's claim of a feed lasts two minutes. */
const timeLimit = 80_000;
// Before version 5.3, WordPress reads times in the site's zone; and clocks differ.
const margin = 25 * hour;

export interface WordPressPosts {
  status: 'read';
  /** The address of the API. */
  endpoint: string;
  /** The site. */
  title: string | null;
  posts: PreparedPost[];
  /** The newest posts by date, without a gap: a post missing among them was deleted. */
  listed: PreparedPost[];
  /** Posts that are older than our first poll, although we have not seen them. */
  notNews: Set<PreparedPost>;
}

interface Numbered {
  post: PreparedPost;
  number: number;
}

interface SiteInput extends Pick<FetchInput, 'url' | 'baseUrl' | 'allowance' | 'confidential'> {
  keepFurniture?: boolean | undefined;
}

type Page = { posts: Numbered[]; pages: number; title: string | null } | FetchFailure;

/** Reads the posts that are new or changed since `since`, the last good poll; null: there was none. */
export async function fetchWordPress(
  input: SiteInput & { since: Date | null },
): Promise<WordPressPosts | FetchFailure> {
  const deadline = Date.now() + timeLimit;
  const since = input.since === null ? null : new Date(input.since.getTime() - margin);
  const found = await findEndpoint(input);
  if ('code' in found) return found;
  const { endpoint, first } = found;
  const isEnough = (posts: readonly Numbered[]): boolean =>
    since !== null && (posts.at(-1)?.post.publishedAt?.getTime() ?? Infinity) < since.getTime();
  const latest = await readOn(first, since === null ? firstPages : pagesAtMost, isEnough, (page) =>
    readPage(input, pageUrl(endpoint, { page, order: 'date' }), deadline),
  );
  if ('code' in latest) return latest;
  let modified: Numbered[] = [];
  if (since !== null) {
    const read = (page: number): Promise<Page> =>
      readPage(input, pageUrl(endpoint, { page, order: 'modified', modifiedAfter: since }), deadline);
    const start = await read(1);
    if ('code' in start) return start;
    const all = await readOn(start, pagesAtMost, () => false, read);
    if ('code' in all) return all;
    modified = all;
  }
  const site = await readSiteFeed(input, endpoint);
  return {
    status: 'read',
    endpoint,
    title: site?.title ?? null,
    ...combine(latest, modified, since, site?.posts ?? []),
  };
}

/** Merges the lists, each post once. Pure. */
export function combine(
  latest: readonly Numbered[],
  modified: readonly Numbered[],
  since: Date | null,
  counted: readonly PreparedPost[],
): Pick<WordPressPosts, 'posts' | 'listed' | 'notNews'> {
  const old = latest.filter(({ post }) => since !== null && (post.publishedAt ?? since) < since);
  // The highest number assigned before our last poll, as far as the list shows.
  const known =
    old.length > 0
      ? Math.max(...old.map(({ number }) => number))
      : Math.min(...latest.map(({ number }) => number)) - 1;
  const numbers = new Set(latest.map(({ number }) => number));
  const others = modified.filter(({ number }) => !numbers.has(number));
  const said = new Map(counted.map((post) => [canonicalUrl(post.url), post]));
  const count = ({ post }: Numbered): PreparedPost => {
    const { commentCount, commentsUrl } = said.get(canonicalUrl(post.url)) ?? post;
    post.commentCount = commentCount ?? post.commentCount;
    post.commentsUrl = commentsUrl ?? post.commentsUrl;
    return post;
  };
  const listed = latest.map(count);
  return {
    listed,
    posts: [...listed, ...others.map(count)].slice(0, postsAtMost),
    notNews: new Set(others.filter(({ number }) => number <= known).map(({ post }) => post)),
  };
}

const useFeed = (problem: Message, url: string): Message => ({
  key: 'fetch.useFeed',
  args: { problem, feed: siteFeedOf(endpointsOf(url)[0] ?? url) },
});

async function findEndpoint(
  input: SiteInput,
): Promise<{ endpoint: string; first: Exclude<Page, FetchFailure> } | FetchFailure> {
  let failure: FetchFailure | undefined;
  for (const endpoint of endpointsOf(input.url)) {
    const first = await readPage(input, pageUrl(endpoint, { page: 1, order: 'date' }), Infinity);
    if (!('code' in first)) return { endpoint, first };
    failure ??= first;
    // A site that does not answer will not answer at the other address either.
    if (!['status', 'document'].includes(first.code)) break;
  }
  return (
    (failure && { ...failure, ...failureOf(failure.code, useFeed(failure.reason, input.url)) }) ??
    failureOf('address', { key: 'fetch.addressNotWeb' })
  );
}

/** The pages from the second on, until there are no more, or none of interest. */
async function readOn(
  first: Exclude<Page, FetchFailure>,
  most: number,
  isEnough: (posts: readonly Numbered[]) => boolean,
  read: (page: number) => Promise<Page>,
): Promise<Numbered[] | FetchFailure> {
  const posts = [...first.posts];
  let { pages } = first;
  for (let page = 2; page <= Math.min(pages, most) && !isEnough(posts); page += 1) {
    const next = await read(page);
    if ('code' in next) return next;
    if (next.posts.length === 0) break;
    posts.push(...next.posts);
    ({ pages } = next);
  }
  return posts;
}

async function readPage(
  { baseUrl, allowance, confidential, keepFurniture }: Omit<SiteInput, 'url'>,
  url: string,
  deadline: number,
): Promise<Page> {
  if (Date.now() > deadline) return failureOf('timeout', { key: 'fetch.wordpressSlow' });
  const fetched = await fetchFeed({ url, baseUrl, allowance, confidential, accept: 'application/json' });
  if (fetched.status === 'failed') return fetched;
  const parsed = fetched.status === 'fetched' ? await parseFeed({ ...fetched, keepFurniture }) : undefined;
  if (parsed?.ok !== true || parsed.feed.kind !== 'wordpress')
    return failureOf('document', parsed?.ok === false ? parsed.reason : { key: 'fetch.wordpressNone' });
  return { posts: numbered(parsed.feed), pages: (fetched as Fetched).pages ?? 1, title: null };
}

function numbered({ posts, numbers }: ParsedFeed): Numbered[] {
  return posts.flatMap((post, index) => {
    const number = numbers[index];
    return number === undefined ? [] : [{ post, number }];
  });
}

/** Reads the site's title and its comment counts from its RSS feed. Without that feed, both are missing. */
async function readSiteFeed(
  { baseUrl, allowance, confidential }: Pick<FetchInput, 'baseUrl' | 'allowance' | 'confidential'>,
  endpoint: string,
): Promise<ParsedFeed | undefined> {
  const fetched = await fetchFeed({ url: siteFeedOf(endpoint), baseUrl, allowance, confidential });
  const parsed = fetched.status === 'fetched' ? await parseFeed(fetched) : undefined;
  return parsed?.ok === true ? parsed.feed : undefined;
}
