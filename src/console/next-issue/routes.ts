// The next issue before its time: an editor changes its draft, beside a preview. Nothing is sent from here.
import express, { type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { may } from '../../accounts/permission.js';
import { editDraft } from '../../issues/edit-draft.js';
import { prepareNext } from '../../issues/prepare-next.js';
import { previewNext } from '../../issues/preview-next.js';
import { describeListing } from '../../newsletters/listing.js';
import { subjectSchema, type Newsletter } from '../../newsletters/schema.js';
import { getPost } from '../../posts/get-post.js';
import { patchPost } from '../../posts/patch-post.js';
import { secureImageUrl } from '../../posts/secure-image-url.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter, type NewsletterAct } from '../find-newsletter.js';
import { redirectWith, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm, sessionOf } from '../session.js';
import { sizeInWords } from '../size-words.js';
import { askedReader, asReaderView, type AskedReader } from './as-reader.js';
import { linkListView } from './link-list.js';
import { readersOfNext } from './readers-of-next.js';
import { asTyped, readNextForm, readPin } from './form.js';
import { changesInWords, nextView, type NextPage } from './view.js';

async function send(
  deps: ConsoleDeps,
  res: Response,
  newsletter: Newsletter,
  { status = 200, as, ...shown }: Partial<NextPage> & { status?: number; as?: AskedReader } = {},
): Promise<void> {
  const newsletterId = newsletter.id;
  const [next, preview, recipients, { hasPosts }] = await Promise.all([
    shown.next ?? prepareNext(deps, { newsletterId }),
    previewNext(deps, { newsletterId, reader: as?.reader }),
    readersOfNext(deps, newsletterId),
    describeListing(deps.db, newsletter),
  ]);
  const words = translatorOf(res);
  const mayEdit = may(sessionOf(res).account.role, 'write');
  // Someone has deleted the newsletter since its address was read.
  if (next === undefined) return res.redirect(303, '/console');
  const rendered = preview?.rendered;
  const mail = rendered && {
    subject: rendered.subject,
    preheader: rendered.preheader,
    size: sizeInWords(rendered, words),
    links: linkListView(preview.links, new Map(), words),
    whenChecked: words.t(preview.held ? 'next.linksWhenReview' : 'next.linksWhenHeld'),
  };
  sendPage(
    res,
    'next-issue',
    {
      ...nextView({ newsletter, mayEdit, mail, recipients, needsFeed: !hasPosts, ...shown, next }, words),
      ...asReaderView(as ?? { asked: '', reader: undefined }, words),
    },
    { status },
  );
}

const show: NewsletterAct = async (deps, newsletter, req, res) =>
  send(deps, res, newsletter, { as: await askedReader(deps, newsletter, req) });

const save: NewsletterAct = async (deps, newsletter, req, res) => {
  const newsletterId = newsletter.id;
  const next = await prepareNext(deps, { newsletterId });
  if (next === undefined) return send(deps, res, newsletter);
  const form = readNextForm((req.body ?? {}) as Record<string, unknown>, next.posts, newsletter.words);
  if (form.subject !== null && !subjectSchema.safeParse(form.subject).success)
    return send(deps, res, newsletter, {
      next: asTyped(next, form, form.madeFrom),
      isSubjectWrong: true,
      status: 422,
    });
  const edited = await editDraft(deps, { newsletterId, ...form, accountId: sessionOf(res).account.id });
  if (edited.ok) {
    const subject = `newsletter:${newsletterId}`;
    await recordAudit(deps, { actor: actorOf(res), action: 'newsletter.draft', subject });
    const pin = readPin((req.body ?? {}) as Record<string, unknown>, next.posts);
    if (pin && (await patchPost(deps, pin)).ok)
      await recordAudit(deps, { actor: actorOf(res), action: 'post.change', subject: `post:${pin.postId}` });
    return redirectWith(res, `/console/newsletters/${newsletter.slug}/next-issue`, 'draft-saved');
  }
  if (edited.code === 'newsletter-not-found') return send(deps, res, newsletter);
  const { current } = edited;
  await send(deps, res, newsletter, {
    next: asTyped(next, form, current.version),
    changed: changesInWords(form, current, next.posts, translatorOf(res)),
    status: 409,
  });
};

/** For screens with two pixels to one of the page. */
const thumbnailWidth = 2 * 48;

/** The picture of a post, from here. */
const sendThumbnail: NewsletterAct = async ({ db, images }, newsletter, req, res) => {
  const post = await getPost(db, String(req.params['id']));
  const url = post?.newsletterId === newsletter.id && post.image ? secureImageUrl(post.image.url) : undefined;
  const served = url === undefined ? undefined : await images.serve({ url, width: thumbnailWidth });
  if (served?.status !== 'image') return void res.status(404).end();
  res.set('Cache-Control', 'private, max-age=3600').type(served.mediaType).send(Buffer.from(served.bytes));
};

export function nextIssueRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const newsletter = aboutNewsletter(deps);
  const path = '/newsletters/:slug/next-issue';
  router.get(path, newsletter(show));
  router.post(path, requireForm(deps), newsletter(save));
  router.get('/newsletters/:slug/posts/:id/thumbnail', newsletter(sendThumbnail));
  return router;
}
