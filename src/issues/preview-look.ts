// The newsletter's latest posts in a look, or with a template, that is not in use yet.
import { arrangePosts } from '../digest/arrange-posts.js';
import { checkInThread } from '../digest/check-in-thread.js';
import { imagesOfMail } from '../digest/mail-images.js';
import { sampleReader, type RenderedDigest, type VariantLinks } from '../digest/render-digest.js';
import { renderVariant } from '../digest/render-variant.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { changeLook, type LookPatch } from '../newsletters/look.js';
import { ownMjml } from '../newsletters/own-templates.js';
import type { Said } from '../languages/messages.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Words } from '../newsletters/selection.js';
import { selectSeq } from '../newsletters/watermarks.js';
import { imageHost, type IssueDeps } from './freeze.js';
import { previewNext } from './preview-next.js';
import { selectEligiblePosts } from './store-freeze.js';

export interface LookPreview {
  /** Problems of the template. With any, nothing is rendered. */
  problems: Said[];
  /** Undefined: there are no posts, or there are problems. */
  rendered: RenderedDigest | undefined;
}

/** A look or template to try before it is in use. Absent fields are as the newsletter has them. */
export interface LookTrial {
  look?: LookPatch | undefined;
  mjml?: string | undefined;
  /** The subject's template. */
  subject?: string | undefined;
  content?: Newsletter['content'] | undefined;
  words?: { [Name in keyof Words]?: Words[Name] | undefined } | undefined;
}

const postsShown = 10;

function withTrial(newsletter: Newsletter, { look, mjml, subject, content, words }: LookTrial): Newsletter {
  const changed = changeLook(newsletter.look, look);
  return {
    ...newsletter,
    subject: subject ?? newsletter.subject,
    content: content ?? newsletter.content,
    words: { ...newsletter.words, ...words } as Words,
    look: mjml === undefined ? changed : { ...changed, template: 'own' },
  };
}

/**
 * Renders the newsletter's latest posts with the trial. Writes nothing but the addresses of images that we
 * serve. It is for a screen, unless `sentTo` is what a mail has in the place of its reader's address. Undefined: no
 * such newsletter.
 */
export async function previewLook(
  deps: IssueDeps,
  {
    newsletterId,
    sentTo = sampleReader,
    ...trial
  }: { newsletterId: string; sentTo?: VariantLinks['sentTo'] } & LookTrial,
): Promise<LookPreview | undefined> {
  const { db, now, nobodysLinks } = deps;
  const found = await getNewsletter(db, newsletterId);
  if (found === undefined) return undefined;
  const { mjml } = trial;
  const newsletter = withTrial(found, trial);
  const problems = mjml === undefined ? [] : await checkInThread({ mjml, look: newsletter.look });
  if (problems.length > 0) return { problems, rendered: undefined };
  const through = await selectSeq(db, newsletterId);
  const after = String(Math.max(0, Number(through) - postsShown));
  const latest = await selectEligiblePosts(db, { newsletterId, after, through, postIds: null });
  const { posts } = arrangePosts(latest, newsletter, { chosen: false });
  if (posts.length === 0) return { problems, rendered: undefined };
  const rendered = await renderVariant(newsletter, {
    slot: now(),
    posts,
    more: 0,
    links: { ...nobodysLinks, sentTo },
    baseUrl: deps.baseUrl,
    words: newsletter.words,
    mjml: mjml ?? (await ownMjml(db, newsletterId, newsletter.look)),
    images: await imagesOfMail(db, newsletter, posts, imageHost(deps)),
  });
  return { problems, rendered };
}

/** A digest that belongs to no issue. */
export interface LooseDigest {
  newsletter: Newsletter;
  rendered: RenderedDigest;
}

/**
 * The mail of the next issue, as the worker would make it now; with nothing new, of the latest posts. Undefined: no
 * such newsletter, or no posts.
 */
export async function renderNextOrLatest(
  deps: IssueDeps,
  { newsletterId }: { newsletterId: string },
): Promise<LooseDigest | undefined> {
  const newsletter = await getNewsletter(deps.db, newsletterId);
  if (newsletter === undefined) return undefined;
  const mail = { newsletterId, sentTo: deps.nobodysLinks.sentTo };
  const next = await previewNext(deps, mail);
  const rendered = next?.rendered ?? (await previewLook(deps, mail))?.rendered;
  return rendered && { newsletter, rendered };
}
