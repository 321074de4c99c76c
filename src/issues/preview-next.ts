// A preview of the next issue: what a reader who has had every issue so far would get now.
import { nextSlot, ownReadingTime } from '../newsletters/due.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { ownMjml } from '../newsletters/own-templates.js';
import { arrangePosts } from '../digest/arrange-posts.js';
import { selectionOf, type PreviewedReader } from './as-reader.js';
import { waitsForApproval } from './draft.js';
import { draftedPosts } from './drafted-posts.js';
import { imageHost, type IssueDeps } from './freeze.js';
import { imagesOfMail } from '../digest/mail-images.js';
import { sampleReader, type RenderedDigest, type VariantLinks } from '../digest/render-digest.js';
import { renderVariant } from '../digest/render-variant.js';
import { selectSeq } from '../newsletters/watermarks.js';
import { selectEligiblePosts } from './store-freeze.js';
import { selectWaiting } from './store-review.js';
import type { Db } from '../db.js';
import { linksByPost, type LinksOfPost } from '../links/links-in.js';
import { escapeHtml } from '../text/escape-html.js';
import { countReadersWithNews, selectIssuedThrough } from './store-plan.js';

export interface NextIssue {
  /** The newsletter's next slot. */
  slot: Date | undefined;
  posts: { id: string; title: string; url: string | null }[];
  more: number;
  /** An editor holds it: it waits for an approval. */
  held: boolean;
  /** Undefined: there is nothing new. */
  rendered: RenderedDigest | undefined;
  /** The links of the rendered mail. */
  links: LinksOfPost[];
}

/** The issues in review that have posts of the next issue: approving one takes its posts from the next. */
export function waitingWith(
  db: Db,
  { newsletterId, posts }: { newsletterId: string; posts: readonly { id: string }[] },
): Promise<{ id: string; number: number | null; posts: number }[]> {
  return selectWaiting(
    db,
    newsletterId,
    posts.map(({ id }) => id),
  );
}

/** How many readers "send now" would mail. Looks at every active reader of the newsletter. */
export async function countNextReaders(
  { db, now }: Pick<IssueDeps, 'db' | 'now'>,
  newsletterId: string,
): Promise<number> {
  return countReadersWithNews(db, newsletterId, now());
}

const addressOf = ({ address }: PreviewedReader): VariantLinks['sentTo'] => ({
  html: escapeHtml(address),
  text: address,
});

/**
 * Undefined: no such newsletter. Writes nothing but the addresses of images that we serve. It is for a screen,
 * unless `sentTo` is what a mail has in the place of its reader's address. With `reader`, the digest is theirs; its
 * links are nobody's all the same.
 */
export async function previewNext(
  deps: IssueDeps,
  {
    newsletterId,
    reader,
    sentTo = reader ? addressOf(reader) : sampleReader,
  }: { newsletterId: string; reader?: PreviewedReader | undefined; sentTo?: VariantLinks['sentTo'] },
): Promise<NextIssue | undefined> {
  const { db } = deps;
  const newsletter = await getNewsletter(db, newsletterId);
  if (newsletter === undefined) return undefined;
  const slot = nextSlot(ownReadingTime(newsletter.schedule, newsletter.timezone), deps.now());
  const issuedThrough = await selectIssuedThrough(db, newsletterId);
  const { readThrough: after } = reader ?? { readThrough: issuedThrough };
  const through = await selectSeq(db, newsletterId);
  const eligible = await selectEligiblePosts(db, { newsletterId, after, through, postIds: null });
  const arranged = arrangePosts(eligible, newsletter, { chosen: false });
  const draft = await draftedPosts(db, newsletterId, arranged.posts, { lock: false });
  const { posts } = draft;
  const words = { ...newsletter.words, ...draft.ownWords };
  const selection = selectionOf(
    newsletter,
    reader ?? { readThrough: issuedThrough, readAhead: [], topics: null },
    posts,
  );
  if (selection === undefined)
    return {
      slot,
      posts: [],
      more: 0,
      held: waitsForApproval(newsletter.schedule, draft),
      rendered: undefined,
      links: [],
    };
  const byId = new Map(posts.map((post) => [post.id, post]));
  const chosen = selection.posts.flatMap((id) => byId.get(id) ?? []);
  const rendered = await renderVariant(newsletter, {
    slot: slot ?? deps.now(),
    posts: chosen,
    more: selection.more,
    links: { ...deps.nobodysLinks, sentTo },
    baseUrl: deps.baseUrl,
    words,
    subject: draft.ownSubject ?? undefined,
    ...(reader && { language: reader.language }),
    mjml: await ownMjml(db, newsletterId, newsletter.look),
    images: await imagesOfMail(db, { ...newsletter, words }, chosen, imageHost(deps)),
  });
  return {
    slot,
    posts: chosen.map(({ id, title, url }) => ({ id, title, url })),
    more: selection.more,
    held: waitsForApproval(newsletter.schedule, draft),
    rendered,
    links: linksByPost(rendered.html, chosen, deps.baseUrl),
  };
}
