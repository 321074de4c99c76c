// Reads posts as WordPress's REST API lists them (developer.wordpress.org/rest-api/reference/posts). Each
// post embeds its author, featured image and terms. The API does not give comment counts.
import { z } from 'zod';
import { titleText } from '../posts/html-text.js';
import type { PostImage } from '../posts/incoming.js';
import { safeUrl } from '../posts/safe-url.js';
import { parseDate } from './dates.js';
import { defined, type FeedDocument, type FeedItem, joinNames } from './document.js';
import { isWordPressUrl } from './wordpress-url.js';

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const rendered = z.object({ rendered: text }).optional().catch(undefined);
const list = <Item extends z.ZodType>(one: Item) => z.array(one).optional().catch(undefined);

const size = z.object({ source_url: text, width: number, height: number });
const media = z.object({
  source_url: text,
  alt_text: text,
  media_details: z
    .object({
      width: number,
      height: number,
      sizes: z.record(z.string(), size).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});
const post = z.object({
  id: z.int(),
  title: z.object({ rendered: z.string() }),
  link: text,
  guid: rendered,
  date_gmt: text,
  date: text,
  content: rendered,
  excerpt: rendered,
  _embedded: z
    .object({
      author: list(z.object({ name: text }).catch({})),
      'wp:featuredmedia': list(media.catch({})),
      'wp:term': list(z.array(z.object({ name: text, taxonomy: text }).catch({})).catch([])),
    })
    .optional()
    .catch(undefined),
});
type Post = z.output<typeof post>;

/** Pixels: wide enough for a mail on a good screen. The original may have 8,000. */
const widest = 1600;

function imageOf(found: z.output<typeof media> | undefined, base: string): PostImage | undefined {
  if (found === undefined) return undefined;
  const { width, height, sizes = {} } = found.media_details ?? {};
  // A thumbnail is cropped, so it does not show the whole picture.
  const scaled = Object.entries(sizes)
    .filter(([name, { width: own = 0 }]) => name !== 'thumbnail' && own <= widest && own >= 300)
    .map(([, candidate]) => candidate)
    .toSorted((a, b) => (b.width ?? 0) - (a.width ?? 0))[0];
  const original = { source_url: found.source_url, width, height };
  const chosen = width !== undefined && width > widest ? (scaled ?? original) : original;
  const url = safeUrl(chosen.source_url, base) ?? safeUrl(scaled?.source_url, base);
  return url === undefined
    ? undefined
    : defined({ url, width: chosen.width, height: chosen.height, alt: found.alt_text });
}

function item(raw: Post, feedUrl: string): FeedItem {
  const url = safeUrl(raw.link, feedUrl);
  const { _embedded: embedded } = raw;
  const terms = (embedded?.['wp:term'] ?? [])
    .flat()
    .filter(({ taxonomy }) => taxonomy === 'category' || taxonomy === 'post_tag');
  return {
    base: url ?? feedUrl,
    number: raw.id,
    post: defined({
      guid: raw.guid?.rendered === undefined ? undefined : titleText(raw.guid.rendered),
      url,
      title: titleText(raw.title.rendered),
      html: raw.content?.rendered,
      excerpt: raw.excerpt?.rendered,
      author: joinNames((embedded?.author ?? []).map(({ name }) => name)),
      image: imageOf(embedded?.['wp:featuredmedia']?.[0], url ?? feedUrl),
      topics: terms.flatMap(({ name }) => (name === undefined ? [] : [titleText(name)])),
      publishedAt: parseDate(raw.date_gmt) ?? parseDate(raw.date),
    }),
  };
}

/** The posts on one page of the list, or undefined if `value` is not such a list. */
export function readWordPress(value: unknown, url: string): FeedDocument | undefined {
  if (!Array.isArray(value)) return undefined;
  // Any API may return an empty list, so the address decides.
  if (value.length === 0 && !isWordPressUrl(url)) return undefined;
  const posts = value.map((raw) => post.safeParse(raw)).flatMap(({ data }) => (data ? [data] : []));
  if (posts.length === 0 && value.length > 0) return undefined;
  return { kind: 'wordpress', items: posts.map((raw) => item(raw, url)) };
}
