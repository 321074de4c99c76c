// A publisher's own template: tried out, then kept as a version. Whether it is used is the newsletter's look's to say.
import { changeLook, type LookPatch } from '../newsletters/look.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { ownMjml, saveTemplate, type TemplateRow } from '../newsletters/own-templates.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { Words } from '../newsletters/selection.js';
import { arrangePosts } from './arrange-posts.js';
import { checkTemplate } from './check-template.js';
import { imageHost, type IssueDeps } from '../issues/freeze.js';
import { imagesOfMail } from './mail-images.js';
import type { RenderedDigest } from './render-digest.js';
import { renderVariant } from './render-variant.js';
import * as store from '../issues/store.js';

export type AddedTemplate =
  | { ok: true; template: TemplateRow }
  | { ok: false; code: 'not-found' }
  | { ok: false; code: 'template-invalid'; problems: string[] };

/** Keeps `mjml` as the newsletter's newest version, if it can be mailed. */
export async function addTemplate(
  { db }: Pick<IssueDeps, 'db'>,
  input: { newsletterId: string; mjml: string; note: string | null; createdBy: string },
): Promise<AddedTemplate> {
  const newsletter = await getNewsletter(db, input.newsletterId);
  if (newsletter === undefined) return { ok: false, code: 'not-found' };
  const problems = await checkTemplate(input.mjml, newsletter.look);
  if (problems.length > 0) return { ok: false, code: 'template-invalid', problems };
  const template = await saveTemplate(db, input);
  return template ? { ok: true, template } : { ok: false, code: 'not-found' };
}

export interface LookPreview {
  /** Of the template; what cannot be rendered is not. */
  problems: string[];
  /** Undefined: there are no posts, or problems. */
  rendered: RenderedDigest | undefined;
}

/** What is to be seen before it is in use; what is left out is as the newsletter has it. */
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
 * The newsletter's latest posts in a look, or with a template, that is not in use yet. Writes nothing but the images'
 * addresses, where they come from us; undefined: no such newsletter.
 */
export async function previewLook(
  deps: IssueDeps,
  { newsletterId, ...trial }: { newsletterId: string } & LookTrial,
): Promise<LookPreview | undefined> {
  const { db, now, nobodysLinks } = deps;
  const found = await getNewsletter(db, newsletterId);
  if (found === undefined) return undefined;
  const { mjml } = trial;
  const newsletter = withTrial(found, trial);
  const problems = mjml === undefined ? [] : await checkTemplate(mjml, newsletter.look);
  if (problems.length > 0) return { problems, rendered: undefined };
  const through = await store.selectSeq(db, newsletterId);
  const after = String(Math.max(0, Number(through) - postsShown));
  const latest = await store.selectEligiblePosts(db, { newsletterId, after, through, postIds: null });
  const { posts } = arrangePosts(latest, newsletter, { chosen: false });
  if (posts.length === 0) return { problems, rendered: undefined };
  const rendered = await renderVariant(newsletter, {
    slot: now(),
    posts,
    more: 0,
    links: nobodysLinks,
    words: newsletter.words,
    mjml: mjml ?? (await ownMjml(db, newsletterId, newsletter.look)),
    images: await imagesOfMail(db, newsletter, posts, imageHost(deps)),
  });
  return { problems, rendered };
}
