// Some sites answer 404 to every robot, or send it to the front page. Then a missing page proves nothing. So
// before a post counts as deleted, we request pages of the same site that the feed lists: one of them must be
// there. Listed pages that are missing too show that the site refuses robots.
import { canonicalUrl } from './identity/address.js';
import { parseUrl } from '../parse-url.js';
import type { Whereabouts } from './whereabouts.js';

interface Controls {
  /** True if the missing page at this address was deleted. */
  isDeleted: (url: string) => boolean;
  pages?: 'shown' | 'refused';
}

/** More than one: a listed post may have been deleted a moment ago. */
const pagesAtMost = 3;

const siteOf = (url: string): string => parseUrl(url)?.hostname.replace(/^www\./, '') ?? '';

/** An address with a path: a front page answers whatever happens to the posts. */
const hasPath = (url: string): boolean => /[/?#]/.test(canonicalUrl(url) ?? '');

/** Requests listed pages of the sites of the `absent` ones. A site that lists no page is believed. */
export async function askControls(
  ask: (url: string) => Promise<Whereabouts>,
  absent: readonly { url: string }[],
  listed: readonly { url: string | null }[],
): Promise<Controls> {
  const missing = new Set(absent.map(({ url }) => canonicalUrl(url)));
  const sites = new Map<string, Whereabouts>();
  for (const site of new Set(absent.map(({ url }) => siteOf(url)))) {
    const urls = listed.flatMap(({ url }) =>
      url !== null && siteOf(url) === site && hasPath(url) && !missing.has(canonicalUrl(url)) ? [url] : [],
    );
    const answer = await firstThere(ask, [...new Set(urls)].slice(0, pagesAtMost));
    if (answer !== undefined) sites.set(site, answer);
  }
  const answers = [...sites.values()];
  const isRefused = answers.some((answer) => answer === 'gone' || answer === 'front-page');
  const pages = answers.includes('there') ? 'shown' : isRefused ? 'refused' : undefined;
  return {
    isDeleted: (url) => (sites.get(siteOf(url)) ?? 'there') === 'there',
    ...(pages === undefined ? {} : { pages }),
  };
}

/** "there" if one of the pages is there; else the answer of the last one. Undefined without pages. */
async function firstThere(
  ask: (url: string) => Promise<Whereabouts>,
  urls: readonly string[],
): Promise<Whereabouts | undefined> {
  let answer: Whereabouts | undefined;
  for (const url of urls) {
    answer = await ask(url);
    if (answer === 'there') break;
  }
  return answer;
}
