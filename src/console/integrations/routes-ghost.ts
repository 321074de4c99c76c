// The secrets by which Ghost signs its calls: made, shown once with what to do in Ghost, replaced and removed. For owners.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import {
  listGhostSecrets,
  makeGhostSecret,
  removeGhostSecret,
  type GhostEntry,
} from '../../ghost/manage-secret.js';
import { isId } from '../../ids.js';
import { getNewsletter, listNewsletters } from '../../newsletters/get-newsletter.js';
import type { Newsletter } from '../../newsletters/schema.js';
import type { ConsoleDeps } from '../deps.js';
import { formField } from '../form-field.js';
import { redirectWith, sendPage } from '../page.js';
import { requireProof } from '../profile/prove.js';
import { actorOf, requireForm, requirePermission } from '../session.js';

const path = '/console/integrations/ghost';

/** Of Ghost's settings, in Ghost's own words. */
const ghostEvents = ['Post published', 'Published post updated', 'Post unpublished', 'Post deleted'];

async function show(
  { db }: ConsoleDeps,
  res: Response,
  made?: GhostEntry & Pick<Newsletter, 'name' | 'slug'>,
): Promise<void> {
  const newsletters = await listNewsletters(db);
  const secrets = await listGhostSecrets(
    db,
    newsletters.map(({ id }) => id),
  );
  const madeAt = new Map(secrets.map((one) => [one.newsletterId, one.madeAt]));
  sendPage(res, 'ghost', {
    tab: 'ghost',
    made,
    ghostEvents,
    without: newsletters.filter(({ id }) => !madeAt.has(id)).map(({ id, name }) => ({ id, name })),
    withSecret: newsletters
      .filter(({ id }) => madeAt.has(id))
      .map(({ id, name }) => ({ id, name, madeAt: madeAt.get(id) })),
  });
}

/** The newsletter that a form names. */
const named = async ({ db }: ConsoleDeps, id: string): Promise<Newsletter | undefined> =>
  isId(id) ? getNewsletter(db, id) : undefined;

/** The answer shows the secret, once. A redirect could not: no address may hold it. */
async function make(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const newsletter = await named(deps, formField(req, 'newsletter'));
  if (newsletter === undefined) return redirectWith(res, path, 'ghost-unchanged');
  const entry = await makeGhostSecret(deps, newsletter.id);
  const subject = `newsletter:${newsletter.id}`;
  await recordAudit(deps, { actor: actorOf(res), action: 'ghost-secret.make', subject });
  await show(deps, res, { ...entry, name: newsletter.name, slug: newsletter.slug });
}

async function remove(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const newsletter = await named(deps, String(req.params['id']));
  if (newsletter === undefined) return redirectWith(res, path, 'ghost-unchanged');
  await removeGhostSecret(deps, newsletter.id);
  const subject = `newsletter:${newsletter.id}`;
  await recordAudit(deps, { actor: actorOf(res), action: 'ghost-secret.remove', subject });
  redirectWith(res, path, 'ghost-removed');
}

export function ghostSecretRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const isForm = requireForm(deps, 'own');
  router.get('/integrations/ghost', requirePermission('own'), (_req, res) => show(deps, res));
  router.post(
    '/integrations/ghost',
    isForm,
    requireProof(deps, () => path),
    (req, res) => make(deps, req, res),
  );
  router.post('/integrations/ghost/:id/remove', isForm, (req, res) => remove(deps, req, res));
  return router;
}
