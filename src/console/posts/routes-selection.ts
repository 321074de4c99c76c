// Which of a newsletter's posts go into an issue, in which order, and which topics they have there.
import express, { type Response, type Router } from 'express';
import type { Newsletter } from '../../newsletters/schema.js';
import { latestTopics } from '../../posts/list-posts.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter, type NewsletterAct } from '../find-newsletter.js';
import { sendPage, translatorOf } from '../page.js';
import { saveNewsletterForm } from '../saving/save-form.js';
import { requireForm } from '../session.js';
import { readSelection, selectionTyped, selectionView, type SelectionPage } from './selection.js';

async function send(
  { db }: ConsoleDeps,
  res: Response,
  newsletter: Newsletter,
  { status = 200, ...shown }: { status?: number } & Omit<SelectionPage, 'newsletter' | 'seen'> = {},
): Promise<void> {
  const seen = await latestTopics(db, newsletter.id);
  sendPage(res, 'selection', selectionView({ newsletter, seen, ...shown }, translatorOf(res)), { status });
}

const show: NewsletterAct = (deps, newsletter, _req, res) => send(deps, res, newsletter);

const save: NewsletterAct = (deps, newsletter, req, res) =>
  saveNewsletterForm(
    deps,
    { newsletter, req, res },
    {
      form: readSelection(req.body, newsletter.selection, translatorOf(res)),
      typedOf: ({ selection }) => selectionTyped(selection),
      sendAgain: ({ stored, ...shown }) => send(deps, res, stored, shown),
      next: ({ newsletter: { slug } }) => [`/console/newsletters/${slug}/selection`, 'settings-saved'],
    },
  );

export function selectionRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const newsletter = aboutNewsletter(deps);
  router.get('/newsletters/:slug/selection', newsletter(show));
  router.post('/newsletters/:slug/selection', requireForm(deps), newsletter(save));
  return router;
}
