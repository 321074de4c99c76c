// Which of a newsletter's posts go into an issue, in which order, and which topics they have there.
import express, { type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { updateNewsletter } from '../../newsletters/update-newsletter.js';
import { latestTopics } from '../../posts/list-posts.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter, type NewsletterAct } from '../find-newsletter.js';
import { changedSince } from '../newsletter-form.js';
import { redirectWith, sendMessage, sendPage, translatorOf } from '../page.js';
import { actorOf, requireForm } from '../session.js';
import {
  readSelection,
  selectionTyped,
  selectionView,
  type SelectionField,
  type SelectionForm,
} from './selection.js';

async function send(
  { db }: ConsoleDeps,
  res: Response,
  newsletter: Newsletter,
  {
    status = 200,
    ...shown
  }: { status?: number; form?: SelectionForm; changed?: readonly SelectionField[] } = {},
): Promise<void> {
  const seen = await latestTopics(db, newsletter.id);
  sendPage(res, 'selection', selectionView({ newsletter, seen, ...shown }, translatorOf(res)), { status });
}

const show: NewsletterAct = (deps, newsletter, _req, res) => send(deps, res, newsletter);

const save: NewsletterAct = async (deps, newsletter, req, res) => {
  const form = readSelection(req.body, newsletter.selection, translatorOf(res));
  if (!form.patch) return send(deps, res, newsletter, { form, status: 422 });
  let current = newsletter;
  const changed = (): SelectionField[] => changedSince(req.body, selectionTyped(current.selection));
  const saved = await updateNewsletter(deps, {
    id: newsletter.id,
    patch: form.patch,
    isStale(latest) {
      current = latest;
      return changed().length > 0;
    },
  });
  if (saved.ok) {
    const subject = `newsletter:${newsletter.id}`;
    await recordAudit(deps, { actor: actorOf(res), action: 'newsletter.change', subject });
    return redirectWith(res, `/console/newsletters/${newsletter.slug}/selection`, 'settings-saved');
  }
  if (saved.code === 'changed-meanwhile')
    return send(deps, res, current, { form, changed: changed(), status: 409 });
  const { t } = translatorOf(res);
  sendMessage(res, 409, t('form.notSaved'), t('form.notSavedWhy'));
};

export function selectionRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const newsletter = aboutNewsletter(deps);
  router.get('/newsletters/:slug/selection', newsletter(show));
  router.post('/newsletters/:slug/selection', requireForm(deps), newsletter(save));
  return router;
}
