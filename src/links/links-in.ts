// The links of a mail, and which post each is from. Pure.
import { parseUrl } from '../parse-url.js';

const unescape = (attribute: string): string =>
  attribute.replaceAll('&quot;', '"').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');

/** The page that a link leads to; undefined, unless it is http or https, and not ours. */
function pageOf(href: string, own: string): string | undefined {
  const url = parseUrl(href);
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.origin === own)
    return undefined;
  url.hash = '';
  return url.href;
}

/** The addresses that `html` links to, each once, without links to us and links that are not http or https. */
export function linksIn(html: string, baseUrl: string): string[] {
  const own = new URL(baseUrl).origin;
  const found = Array.from(
    html.matchAll(/<a\s[^>]*?\bhref="([^"]*)"/g),
    ([, href = '']) => pageOf(unescape(href), own) ?? '',
  );
  return [...new Set(found)].filter(Boolean);
}

/** Links of one post. `title` null: of no post, as those of the publisher's words. */
export interface LinksOfPost {
  title: string | null;
  urls: string[];
}

interface PostWithLinks {
  title: string;
  url: string | null;
  html: string | null;
  commentsUrl?: string | null | undefined;
}

/** The links of a mail by the first post that has them, in the order of the posts. Posts without links are left out. */
export function linksByPost(html: string, posts: readonly PostWithLinks[], baseUrl: string): LinksOfPost[] {
  const left = new Set(linksIn(html, baseUrl));
  const take = (title: string | null, urls: Iterable<string>): LinksOfPost[] => {
    const taken = [...urls].filter((url) => left.delete(url));
    return taken.length === 0 ? [] : [{ title, urls: taken }];
  };
  const own = new URL(baseUrl).origin;
  const ofPosts = posts.flatMap(({ title, url, html: text, commentsUrl }) =>
    take(title, [
      ...[url, commentsUrl].flatMap((one) => (one ? (pageOf(one, own) ?? []) : [])),
      ...linksIn(text ?? '', baseUrl),
    ]),
  );
  return [...ofPosts, ...take(null, [...left])];
}
