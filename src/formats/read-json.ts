// Reads JSON Feed 1.0 and 1.1 (jsonfeed.org). Its titles and texts are plain text, not HTML.
import { detectJsonFeed, type JsonFeed, parseJsonFeed } from 'feedsmith';
import { z } from 'zod';
import { safeUrl } from '../posts/safe-url.js';
import { parseDate } from './dates.js';
import { defined, type FeedDocument, type FeedItem, joinNames } from './document.js';
import { enclosedImage, enclosedMedia } from './media.js';

// Publishers write versions such as "1.1" or none, although the standard wants an address.
const version = 'https://jsonfeed.org/version/1.1';
const text = z.string().min(1);
const anyItem = z.object({ items: z.array(z.unknown()).min(1) });
const anyFeed = z.union([
  z.object({ version: z.string().regex(/jsonfeed\.org/i) }),
  z.object({
    items: z
      .array(
        z.union([
          z.object({ id: z.union([text, z.number()]), url: text }),
          z.object({ content_html: text }),
          z.object({ content_text: text }),
          z.object({ external_url: text }),
        ]),
      )
      .min(1),
  }),
]);

/** The JSON Feed, whatever version it names; undefined if the value is none. */
export function feedInJson(value: unknown): JsonFeed.Feed<string> | undefined {
  if (!detectJsonFeed(value) && !anyFeed.safeParse(value).success) return undefined;
  try {
    return parseJsonFeed({ ...(value as object), version });
  } catch {
    return undefined;
  }
}

export const hasJsonItems = (value: unknown): boolean => anyItem.safeParse(value).success;

function item(raw: JsonFeed.Item<string>, feed: JsonFeed.Feed<string>, feedUrl: string): FeedItem {
  const base = safeUrl(feed.home_page_url, feedUrl) ?? feedUrl;
  const picture = raw.image ?? raw.banner_image;
  const attachments = (raw.attachments ?? []).map((attachment) =>
    defined({
      url: attachment.url,
      type: attachment.mime_type,
      seconds: attachment.duration_in_seconds,
    }),
  );
  const page = safeUrl(raw.url, base);
  const [attached] = raw.attachments ?? [];
  const url = page ?? safeUrl(raw.external_url, base) ?? safeUrl(raw.id) ?? safeUrl(attached?.url, base);
  return {
    base: page ?? base,
    post: defined({
      guid: raw.id,
      url,
      title: raw.title ?? attached?.title ?? '',
      html: raw.content_html,
      text: raw.content_html === undefined ? raw.content_text : undefined,
      excerpt: raw.summary,
      author: joinNames((raw.authors ?? feed.authors ?? []).map(({ name }) => name)),
      image: picture === undefined ? enclosedImage(attachments) : { url: picture },
      media: enclosedMedia(attachments, base),
      topics: raw.tags ?? [],
      publishedAt: parseDate(raw.date_published) ?? parseDate(raw.date_modified),
    }),
  };
}

export function readJsonFeed(feed: JsonFeed.Feed<string>, url: string): FeedDocument {
  return defined({
    kind: 'json' as const,
    title: feed.title,
    items: (feed.items ?? []).map((raw) => item(raw, feed, url)),
    home: safeUrl(feed.home_page_url, url),
    hub: safeUrl(feed.hubs?.find(({ type }) => type?.toLowerCase() === 'websub')?.url, url),
    self: safeUrl(feed.feed_url, url),
  });
}
