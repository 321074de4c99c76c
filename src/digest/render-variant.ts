// Renders one variant of an issue: subject, HTML and text from the frozen posts.
import type { Newsletter } from '../newsletters/schema.js';
import type { Words } from '../newsletters/selection.js';
import type { ImageBook } from '../images/image-book.js';
import type { PreparedPost } from '../posts/incoming.js';
import { renderDigest, type DigestPost, type ReaderLinks, type RenderedDigest } from './render-digest.js';

/** The parts of a post that a mail shows. */
export interface MailPost extends Omit<PreparedPost, 'guid' | 'text'> {
  pinned: boolean;
  /** The title of its feed, if the newsletter has several. Absent from issues of older versions. */
  source?: string | null;
}

/** A frozen post as `postView` takes it. A post without an address links to the site. */
export function digestPost(post: MailPost, siteUrl: string | null): DigestPost {
  return {
    title: post.title,
    url: post.url ?? siteUrl ?? '',
    topics: post.topics,
    pinned: post.pinned,
    html: post.html,
    excerptText: post.excerpt,
    ...(post.author === null ? {} : { author: post.author }),
    ...(post.image === null ? {} : { image: post.image }),
    ...(post.commentCount === null ? {} : { commentCount: post.commentCount }),
    // An issue of an older version has none.
    ...(post.commentsUrl ? { commentsUrl: post.commentsUrl } : {}),
    ...(post.source ? { source: post.source } : {}),
    ...(post.publishedAt === null ? {} : { publishedAt: post.publishedAt }),
  };
}

function given(words: Words): { opening?: string; closing?: string; sponsor?: string } {
  return Object.fromEntries(Object.entries(words).filter(([, text]) => text !== null && text.trim() !== ''));
}

/**
 * Renders one variant. Its links carry placeholder tokens of fixed length, which each reader's tokens
 * replace.
 */
export async function renderVariant(
  newsletter: Newsletter,
  input: {
    slot: Date;
    posts: readonly MailPost[];
    more: number;
    links: ReaderLinks;
    /** Our own address, without a trailing slash. */
    baseUrl: string;
    issueUrl?: string | undefined;
    /** The publisher's own template, if the look uses one (newsletters/own-templates.ts). */
    mjml?: string | undefined;
    /** A subject template for this issue only. */
    subject?: string | undefined;
    words: Words;
    /** Left out: the newsletter's. */
    language?: string;
    images?: ImageBook;
  },
): Promise<RenderedDigest> {
  return renderDigest({
    newsletter: {
      name: newsletter.name,
      postalAddress: newsletter.postalAddress ?? '',
      language: newsletter.language,
      timezone: newsletter.timezone,
      content: newsletter.content,
      look: newsletter.look,
      ...(input.mjml === undefined ? {} : { mjml: input.mjml }),
      ...(newsletter.siteUrl === null ? {} : { siteUrl: newsletter.siteUrl }),
    },
    subjectTemplate: input.subject ?? newsletter.subject,
    slot: input.slot,
    posts: input.posts.map((post) => digestPost(post, newsletter.siteUrl)),
    words: given(input.words),
    ...(newsletter.selection.order === 'topic' ? { headingsFrom: newsletter.topics } : {}),
    more: input.more,
    ...(newsletter.tracking === 'consent' ? { countsAt: input.baseUrl } : {}),
    ...(input.language === undefined ? {} : { language: input.language }),
    ...(input.images === undefined ? {} : { images: input.images }),
    // The publisher keeps an unlisted newsletter out of strangers' sight.
    ...(newsletter.listed ? { subscribeUrl: `${input.baseUrl}/n/${newsletter.slug}` } : {}),
    ...(input.issueUrl === undefined ? {} : { issueUrl: input.issueUrl }),
    ...input.links,
  });
}
