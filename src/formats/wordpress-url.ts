// The addresses at which WordPress's REST API lists posts. Pure.
import { parseUrl } from '../parse-url.js';

/** True for the address of a list of posts in WordPress's REST API. */
export function isWordPressUrl(text: string): boolean {
  const url = parseUrl(text);
  return (
    url !== undefined && /\/wp\/v2\/\w/.test(`${url.pathname} ${url.searchParams.get('rest_route') ?? ''}`)
  );
}

/**
 * The addresses that may list the posts. `text` is what the publisher entered: such an address, or that of a
 * site. Sites without pretty permalinks have the API at ?rest_route=.
 */
export function endpointsOf(text: string): string[] {
  if (isWordPressUrl(text)) return [text];
  const site = new URL(text);
  site.hash = '';
  site.search = '';
  const root = site.href.replace(/\/(?:feed|wp-json)?\/*$/, '');
  return [`${root}/wp-json/wp/v2/posts`, `${root}/?rest_route=/wp/v2/posts`];
}

/** The address of the site's RSS feed, which gives the comment counts of its newest posts. */
export function siteFeedOf(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.searchParams.has('rest_route')) return `${url.origin}${url.pathname}?feed=rss2`;
  return `${url.origin}${url.pathname.replace(/\/wp-json\/.*$/s, '')}/feed/`;
}

export interface WordPressQuery {
  page: number;
  order: 'date' | 'modified';
  /** Selects only posts that were modified after this time. */
  modifiedAfter?: Date;
}

export const postsPerPage = 20;

/** The address of one page of the list. Keeps the publisher's own parameters (categories=3). */
export function pageUrl(endpoint: string, { page, order, modifiedAfter }: WordPressQuery): string {
  const url = new URL(endpoint);
  const parameters: Record<string, string> = {
    _embed: 'author,wp:featuredmedia,wp:term',
    per_page: String(postsPerPage),
    orderby: order,
    order: 'desc',
    page: String(page),
    // In UTC, which WordPress converts to the site's own time.
    ...(modifiedAfter === undefined
      ? {}
      : { modified_after: modifiedAfter.toISOString().slice(0, 19) + 'Z' }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}
