// Creates, changes and deletes newsletters.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import type { AuditAction } from '../accounts/audit-actions.js';
import type { MessageKey } from '../languages/messages.js';
import { createNewsletter } from '../newsletters/create-newsletter.js';
import { deleteNewsletter } from '../newsletters/delete-newsletter.js';
import { describeListing } from '../newsletters/listing.js';
import { slugOf } from '../newsletters/slug.js';
import { newsletterDefaults, type Newsletter } from '../newsletters/schema.js';
import { updateNewsletter } from '../newsletters/update-newsletter.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter, type NewsletterAct } from './find-newsletter.js';
import { formField } from './form-field.js';
import { redirectWith, sendPage, translatorOf } from './page.js';
import { requireProof, samePage } from './profile/prove.js';
import { saveNewsletterForm } from './saving/save-form.js';
import { actorOf, requireForm, requirePermission } from './session.js';
import { readSettingsForm, settingsTyped, type Settings, type SettingsForm } from './settings-form.js';
import { settingsView } from './settings-view.js';

const newPage = '/new-newsletter';

/** A new newsletter's settings before anybody has typed. */
const blank: Settings = {
  ...newsletterDefaults,
  name: '',
  slug: '',
  from: { name: '', address: '' },
};

const homeOf = ({ slug }: Pick<Newsletter, 'slug'>): string => `/console/newsletters/${slug}`;

const record = (deps: ConsoleDeps, res: Response, action: AuditAction, id: string): Promise<void> =>
  recordAudit(deps, { actor: actorOf(res), action, subject: `newsletter:${id}` });

const slugTaken = (res: Response, form: SettingsForm, slug: string): SettingsForm => ({
  ...form,
  wrong: { slug: translatorOf(res).t('settings.slugTaken', { path: `/n/${slug}` }) },
});

/** Says that nothing was done, and why. */
function sendRefusal(res: Response, heading: MessageKey, text: MessageKey): void {
  const { t } = translatorOf(res);
  sendPage(res, 'message', { heading: t(heading), text: t(text) }, { status: 409 });
}

function askForNew(res: Response, form?: SettingsForm): void {
  const view = settingsView({ current: blank, form }, translatorOf(res));
  sendPage(res, 'settings', view, { status: form ? 422 : 200 });
}

async function create(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const slug = formField(req, 'slug');
  const given = req.body as Record<string, unknown>;
  const form = readSettingsForm(
    { ...given, slug: slug || slugOf(formField(req, 'name')) },
    blank,
    translatorOf(res),
  );
  if (!form.patch) return askForNew(res, form);
  const { name = '', 'from.name': sender = name, 'from.address': address = '' } = form.typed;
  const { look: _, ...values } = form.patch;
  const made = await createNewsletter(deps, {
    ...values,
    name,
    from: { name: sender || name, address },
    // Without an address on this server, one that is free is made of the name.
    slug: slug || undefined,
  });
  if (!made.ok) return askForNew(res, slugTaken(res, form, made.slug));
  await record(deps, res, 'newsletter.create', made.newsletter.id);
  const { siteUrl } = made.newsletter;
  const search = new URLSearchParams({ notice: 'created', ...(siteUrl === null ? {} : { url: siteUrl }) });
  res.redirect(303, `${homeOf(made.newsletter)}/feeds/new?${search.toString()}`);
}

const show: NewsletterAct = async ({ db }, newsletter, _req, res) => {
  const listing = await describeListing(db, newsletter);
  sendPage(res, 'settings', settingsView({ newsletter, current: newsletter, listing }, translatorOf(res)));
};

const saveListing: NewsletterAct = async (deps, { id, slug }, req, res) => {
  await updateNewsletter(deps, { id, patch: { listed: formField(req, 'listed') === 'yes' } });
  await record(deps, res, 'newsletter.change', id);
  redirectWith(res, `${homeOf({ slug })}/settings`, 'settings-saved');
};

const save: NewsletterAct = async (deps, newsletter, req, res) => {
  const words = translatorOf(res);
  const listing = await describeListing(deps.db, newsletter);
  await saveNewsletterForm(
    deps,
    { newsletter, req, res },
    {
      form: readSettingsForm(req.body, newsletter, words),
      typedOf: settingsTyped,
      problemOf: (refused) =>
        refused.code === 'slug-taken'
          ? slugTaken(res, readSettingsForm(req.body, newsletter, words), refused.slug)
          : undefined,
      sendAgain: ({ status, stored: current, ...shown }) =>
        sendPage(res, 'settings', settingsView({ newsletter, current, listing, ...shown }, words), {
          status,
        }),
      next: (saved) => [`${homeOf(saved.newsletter)}/settings`, 'settings-saved'],
    },
  );
};

const askToDelete: NewsletterAct = async (_deps, newsletter, _req, res) => {
  sendPage(res, 'delete', { newsletter });
};

const remove: NewsletterAct = async (deps, newsletter, req, res) => {
  if (formField(req, 'name') !== newsletter.name)
    return sendPage(res, 'delete', { newsletter, isWrong: true }, { status: 422 });
  const deleted = await deleteNewsletter(deps, { id: newsletter.id });
  if (!deleted.ok && deleted.code === 'issue-unfinished')
    return sendRefusal(res, 'settings.notDeleted', 'settings.issueUnderWay');
  await record(deps, res, 'newsletter.delete', newsletter.id);
  redirectWith(res, '/console', 'newsletter-deleted');
};

export function settingsRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, isForm] = [aboutNewsletter(deps), requireForm(deps)];
  const settings = '/newsletters/:slug/settings';
  router.get(newPage, requirePermission('write'), (_req, res) => askForNew(res));
  router.post(newPage, isForm, (req, res) => create(deps, req, res));
  router.get(settings, newsletter(show));
  router.post(settings, isForm, newsletter(save));
  router.post(`${settings}/listing`, isForm, newsletter(saveListing));
  const proof = requireProof(deps, samePage);
  router.get('/newsletters/:slug/delete', requirePermission('write'), proof, newsletter(askToDelete));
  router.post('/newsletters/:slug/delete', isForm, proof, newsletter(remove));
  return router;
}
