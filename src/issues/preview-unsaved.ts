// The digest of a newsletter that nobody has created yet. Stores nothing.
import { logoUrl } from '../digest/logo-url.js';
import { renderVariant } from '../digest/render-variant.js';
import { openLogoBook, plainImages } from '../images/image-book.js';
import { newValues } from '../newsletters/create-newsletter.js';
import type { NewsletterInput } from '../newsletters/schema.js';
import type { PreparedPost } from '../posts/incoming.js';
import type { IssueDeps } from './freeze.js';
import type { LooseDigest } from './preview-look.js';

/** No newsletter has this id. */
const noNewsletter = '0';

/**
 * Renders these posts, in their order, as a mail: its reader's address is a placeholder. Throws ZodError for values
 * that newsletterInput refuses.
 */
export async function renderUnsaved(
  { db, now, baseUrl, nobodysLinks }: Pick<IssueDeps, 'db' | 'now' | 'baseUrl' | 'nobodysLinks'>,
  input: NewsletterInput,
  posts: readonly PreparedPost[],
): Promise<LooseDigest> {
  const at = now();
  const newsletter = { ...newValues(input), id: noNewsletter, createdAt: at, updatedAt: at };
  const rendered = await renderVariant(newsletter, {
    slot: at,
    posts: posts.map((post) => ({ ...post, pinned: false })),
    more: 0,
    links: nobodysLinks,
    baseUrl,
    words: newsletter.words,
    images: (await openLogoBook(db, logoUrl(newsletter.look), baseUrl)).over(plainImages),
  });
  return { newsletter, rendered };
}
