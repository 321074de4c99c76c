// Reads what a new newsletter needs from its site: name, language, colour, logos and feeds.
//
// 1. The document at the address: the site's page, or a feed.
// 2. Its feeds (discover-feeds.ts). For a feed, the page of the site that it names.
// 3. The head of the page (src/formats/site-head.ts). A site that is down costs only this part of a feed.
import { decodeDocument } from '../formats/charset.js';
import { readSiteHead, type SiteHead } from '../formats/site-head.js';
import { readAllowance } from '../outbound/allowed-addresses.js';
import {
  type DiscoverDeps,
  type FetchProblem,
  type FoundFeed,
  openAddress,
  type OpenedAddress,
  searchFeeds,
} from './discover-feeds.js';
import { type Fetched, fetchFeed } from './fetch.js';

export type SiteRead =
  | {
      status: 'read';
      /** The site's address, after redirects. */
      url: string;
      head: SiteHead;
      /** The likeliest first. */
      feeds: FoundFeed[];
      /** Why there are no feeds. */
      problem: FetchProblem | null;
    }
  | Exclude<OpenedAddress, { status: 'opened' }>;

const fetchLimits = { milliseconds: 8_000, bytes: 3 * 1024 * 1024 };

/** Reads the site at an address as people type it: of its page, or of one of its feeds. Stores nothing. */
export async function readSite(deps: DiscoverDeps, { url }: { url: string }): Promise<SiteRead> {
  const opened = await openAddress(deps, url);
  if (opened.status !== 'opened') return opened;
  const { feeds, problem, siteOfFeed } = await searchFeeds(deps, opened.page);
  const page = siteOfFeed === undefined ? opened.page : await fetchPage(deps, siteOfFeed);
  const address = page?.url ?? siteOfFeed ?? opened.page.url;
  const head = page === undefined ? { logos: [] } : readSiteHead(textOf(page), page.url);
  const title = feeds[0]?.title ?? undefined;
  // A feed's own title names it better than a page that it may share with others.
  const name = siteOfFeed === undefined ? (head.name ?? title) : (title ?? head.name);
  return {
    status: 'read',
    url: address,
    head: { ...head, ...(name === undefined ? {} : { name }) },
    feeds,
    problem,
  };
}

const textOf = ({ body, contentType }: Fetched): string => decodeDocument(body, contentType);

async function fetchPage(
  { baseUrl, allowPrivateFeeds }: DiscoverDeps,
  url: string,
): Promise<Fetched | undefined> {
  const allowance = readAllowance(allowPrivateFeeds);
  const fetched = await fetchFeed({
    url,
    baseUrl,
    allowance,
    accept: 'text/html, */*;q=0.5',
    limits: fetchLimits,
  });
  return fetched.status === 'fetched' ? fetched : undefined;
}
