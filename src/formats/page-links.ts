// Finds the feeds that a page names: in its head, as links in its text, and as WordPress's API. Pure.
import { safeUrl } from '../posts/safe-url.js';
import { attributeOf, tagsNamed, withoutScripts } from './page-tags.js';

export interface PageLink {
  url: string;
  title?: string;
  /** Where the page names the feed. Feeds of the head come before links in the text. */
  from: 'head' | 'text' | 'wordpress';
}

const feedTypes = /^\s*application\/(?:rss\+xml|atom\+xml|rdf\+xml|feed\+json|json|xml)|^\s*text\/xml/i;
const feedAddress =
  /(?:\/(?:feed|rss|atom)\/?$|\.(?:rss|atom|rdf)$|(?:feed|rss|atom|index)\.(?:xml|json)$|[?&]feed=)/i;
const linksAtMost = 30;

/** The feeds that the page at `url` names, those of its head first. */
export function readPageLinks(html: string, url: string): PageLink[] {
  const text = withoutScripts(html);
  const tags = (name: string): string[] => tagsNamed(text, name);
  const base = safeUrl(attributeOf(tags('base')[0] ?? '', 'href'), url) ?? url;
  const found = new Map<string, PageLink>();
  const add = (href: string | undefined, from: PageLink['from'], title?: string): void => {
    const address = safeUrl(href, base);
    if (address === undefined || found.has(address) || found.size >= linksAtMost) return;
    found.set(address, { url: address, from, ...(title ? { title } : {}) });
  };
  for (const tag of tags('link')) {
    const rels = (attributeOf(tag, 'rel') ?? '').toLowerCase().split(/\s+/);
    const type = attributeOf(tag, 'type') ?? '';
    const href = attributeOf(tag, 'href');
    // WordPress declares its API and the API's view of the page as application/json. Neither is a feed.
    if (rels.includes('https://api.w.org/')) add(postsOf(href), 'wordpress');
    else if (
      (rels.includes('alternate') || rels.includes('feed')) &&
      feedTypes.test(type) &&
      !/\/wp-json\/|oembed/.test(href ?? '')
    )
      add(href, 'head', attributeOf(tag, 'title'));
  }
  for (const tag of tags('a')) {
    const href = attributeOf(tag, 'href');
    if (href !== undefined && feedAddress.test(href.split('#')[0] ?? '')) add(href, 'text');
  }
  return [...found.values()];
}

/** The address of the list of posts, below that of WordPress's API: "…/wp-json/" or "…/?rest_route=/". */
export function postsOf(api: string | undefined): string | undefined {
  return api === undefined ? undefined : `${api.replace(/\/$/, '')}/wp/v2/posts`;
}

/** Where many sites keep feeds that no page names: below the page's folder and below the site's root. */
export function usualAddresses(url: string): string[] {
  const root = new URL(url);
  const folder = `${root.origin}${root.pathname.replace(/[^/]*$/, '')}`;
  const names = ['feed', 'rss.xml', 'feed.xml', 'atom.xml', 'index.xml', 'rss', 'feed.json'];
  return [...new Set([folder, `${root.origin}/`].flatMap((place) => names.map((name) => `${place}${name}`)))];
}
