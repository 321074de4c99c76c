// What a publisher does to readers whom they selected in the list of a newsletter: a page asks, and names them.
import express, { type Response, type Router } from 'express';
import { recordAudit } from '../../accounts/audit.js';
import { covers } from '../../accounts/permission.js';
import { csvOf } from '../../imports/export-subscribers.js';
import type { Newsletter } from '../../newsletters/schema.js';
import { eraseSubscriber } from '../../people/erase-subscriber.js';
import { getSubscriber } from '../../subscribers/list-subscribers.js';
import type { SubscriberView } from '../../subscribers/subscriber-view.js';
import { addSuppression } from '../../subscribers/suppressions.js';
import { updateSubscriber } from '../../subscribers/update-subscriber.js';
import type { ConsoleDeps } from '../deps.js';
import { aboutNewsletter, type NewsletterAct } from '../find-newsletter.js';
import { formField, queryField } from '../form-field.js';
import type { Notice } from '../notices/notices.js';
import { redirectWith, sendPage } from '../page.js';
import { requireProof, samePage } from '../profile/prove.js';
import { actorOf, requireForm, requirePermission, sessionOf } from '../session.js';

export const selectedActs = ['unsubscribe', 'suppress', 'export', 'erase'] as const;
type SelectedAct = (typeof selectedActs)[number];

/** A page of the list. */
const most = 50;

const listOf = ({ slug }: Newsletter): string => `/console/newsletters/${slug}/readers`;

/** The form of the list names its readers in the query. The page that asks has them in its path, as a proof leads back there. */
const toAsk: NewsletterAct = async (_deps, newsletter, req, res) => {
  const act = selectedActs.find((one) => one === queryField(req, 'act'));
  const ids = [req.query['reader'] ?? []]
    .flat()
    .filter((id): id is string => typeof id === 'string' && /^\d{1,18}$/.test(id));
  if (act === undefined || ids.length === 0)
    return redirectWith(res, listOf(newsletter), 'no-reader-selected');
  res.redirect(303, `${listOf(newsletter)}/selected/${act}/${ids.slice(0, most).join('-')}`);
};

/**
 * The selected readers of the newsletter. A suppression and an erasure concern all newsletters of a reader, so those who read one
 * that is not the account's are left out.
 */
async function selectedReaders(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  { act, ids, res }: { act: SelectedAct; ids: string; res: Response },
): Promise<{ readers: SubscriberView[]; leftOut: number }> {
  const own = sessionOf(res).account.newsletterIds;
  const isForAll = act === 'suppress' || act === 'erase';
  const wanted = [...new Set(ids.split('-'))].slice(0, most);
  const readers: SubscriberView[] = [];
  for (const id of wanted) {
    const reader = await getSubscriber(deps, id);
    const newsletters = reader?.subscriptions.map(({ newsletterId }) => newsletterId) ?? [];
    if (!reader || !newsletters.includes(newsletter.id)) continue;
    if (!isForAll || own === null || newsletters.every((one) => covers(own, one))) readers.push(reader);
  }
  return { readers, leftOut: wanted.length - readers.length };
}

const ask =
  (act: SelectedAct): NewsletterAct =>
  async (deps, newsletter, req, res) => {
    const { readers, leftOut } = await selectedReaders(deps, newsletter, {
      act,
      ids: String(req.params['ids']),
      res,
    });
    if (readers.length === 0) return redirectWith(res, listOf(newsletter), 'no-reader-selected');
    sendPage(res, 'readers-selected', {
      newsletter,
      act,
      isGrave: act === 'erase',
      takesNote: act === 'suppress',
      readers,
      count: readers.length,
      leftOut,
      path: req.path,
    });
  };

const done: Record<Exclude<SelectedAct, 'export'>, Notice> = {
  unsubscribe: 'readers-unsubscribed',
  suppress: 'readers-suppressed',
  erase: 'readers-erased',
};

const perform =
  (act: Exclude<SelectedAct, 'export'>): NewsletterAct =>
  async (deps, newsletter, req, res) => {
    const { readers } = await selectedReaders(deps, newsletter, { act, ids: String(req.params['ids']), res });
    const note = formField(req, 'note').slice(0, 1000) || undefined;
    for (const { id, email } of readers) {
      const record = (action: 'subscriber.change' | 'suppression.add' | 'subscriber.erase') =>
        recordAudit(deps, { actor: actorOf(res), action, subject: `subscriber:${id}` });
      if (act === 'erase') {
        await eraseSubscriber(deps, { id });
        await record('subscriber.erase');
      } else if (act === 'suppress') {
        if ((await addSuppression(deps, { email, detail: note })).ok) await record('suppression.add');
      } else {
        const change = { id, via: 'console', newsletterId: newsletter.id, status: 'unsubscribed' } as const;
        if ((await updateSubscriber(deps, change)).ok) await record('subscriber.change');
      }
    }
    redirectWith(res, listOf(newsletter), readers.length > 0 ? done[act] : 'no-reader-selected');
  };

/** The log says so before the first address leaves. */
const download: NewsletterAct = async (deps, newsletter, req, res) => {
  const { readers } = await selectedReaders(deps, newsletter, {
    act: 'export',
    ids: String(req.params['ids']),
    res,
  });
  for (const { id } of readers)
    await recordAudit(deps, {
      actor: actorOf(res),
      action: 'subscriber.export',
      subject: `subscriber:${id}`,
    });
  const csv = await csvOf(deps, { newsletterId: newsletter.id, subscriberIds: readers.map(({ id }) => id) });
  res
    .set('Cache-Control', 'no-store')
    .attachment(`${newsletter.slug}-selected.csv`)
    .type('text/csv; charset=utf-8')
    .send(csv);
};

export function selectedReaderRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const newsletter = aboutNewsletter(deps);
  const [mayWrite, isForm, proof] = [
    requirePermission('write'),
    requireForm(deps),
    requireProof(deps, samePage),
  ];
  const path = '/newsletters/:slug/readers/selected';
  router.get(path, mayWrite, newsletter(toAsk));
  for (const act of selectedActs) {
    const proofs = act === 'erase' ? [proof] : [];
    router.get(`${path}/${act}/:ids`, mayWrite, ...proofs, newsletter(ask(act)));
    router.post(
      `${path}/${act}/:ids`,
      isForm,
      ...proofs,
      newsletter(act === 'export' ? download : perform(act)),
    );
  }
  return router;
}
