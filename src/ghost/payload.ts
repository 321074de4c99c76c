// What Ghost's webhooks say about a post, as a post of ours. Ghost sends the same body for each event:
// {"post": {"current": {…}, "previous": {…}}}. The status of `current` tells what to do, so one address serves the
// events post.published, post.published.edited, post.unpublished and post.deleted. Pure.
import { z } from 'zod';
import type { IncomingPost } from '../posts/incoming.js';

const webAddress = z.url({ protocol: /^https?$/ }).max(2048);
const person = z.object({ name: z.string().nullish() });
/** A field that we cannot read counts as missing: Ghost adds and changes fields with its versions. */
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().catch(null);

const named = z.object({ id: z.string().min(1).max(100) });
const current = named.extend({
  status: z.string(),
  visibility: optional(z.string()),
  title: z.string().trim().min(1),
  url: optional(webAddress),
  html: optional(z.string().max(1_000_000)),
  custom_excerpt: optional(z.string()),
  feature_image: optional(webAddress),
  feature_image_alt: optional(z.string()),
  published_at: optional(z.iso.datetime({ offset: true })),
  primary_author: optional(person),
  tags: optional(z.array(z.object({ name: z.string(), visibility: z.string().nullish() }))),
});
const call = z.object({ post: z.object({ current: z.unknown(), previous: z.unknown().optional() }) });

export type GhostNews =
  { kind: 'published'; post: IncomingPost & { guid: string } } | { kind: 'withdrawn'; guid: string };

/** Undefined: the body is not what Ghost sends for a post. */
export function readGhostNews(body: unknown): GhostNews | undefined {
  const parsed = call.safeParse(body);
  if (!parsed.success) return undefined;
  const { current: now, previous } = parsed.data.post;
  const post = current.safeParse(now);
  if (post.success && post.data.status === 'published')
    return { kind: 'published', post: incomingOf(post.data) };
  // A deleted post is in `previous` alone.
  const known = [now, previous].map((one) => named.safeParse(one)).find(({ success }) => success);
  const isPublished = z.object({ status: z.literal('published') }).safeParse(now).success;
  return known?.data === undefined || isPublished ? undefined : { kind: 'withdrawn', guid: known.data.id };
}

function incomingOf(post: z.output<typeof current>): IncomingPost & { guid: string } {
  // Ghost marks tags for the site's own use as internal.
  const tags = (post.tags ?? []).filter(({ visibility }) => visibility !== 'internal');
  // The body of a post for members or paying readers comes whole. Our readers need not be members.
  const isPublic = (post.visibility ?? 'public') === 'public';
  const author = post.primary_author?.name;
  return {
    guid: post.id,
    title: post.title,
    topics: tags.map(({ name }) => name),
    ...(post.url ? { url: post.url } : {}),
    ...(post.html && isPublic ? { html: post.html } : {}),
    ...(post.custom_excerpt ? { excerpt: post.custom_excerpt } : {}),
    ...(author ? { author } : {}),
    ...(post.published_at ? { publishedAt: new Date(post.published_at) } : {}),
    ...(post.feature_image
      ? {
          image: {
            url: post.feature_image,
            ...(post.feature_image_alt ? { alt: post.feature_image_alt } : {}),
          },
        }
      : {}),
  };
}
