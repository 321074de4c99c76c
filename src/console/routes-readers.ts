// Readers: finding and adding them, one reader's page, and what an admin does to one.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import type { AuditAction } from '../accounts/audit-actions.js';
import { may } from '../accounts/permission.js';
import { createSubscriber } from '../joining/create-subscriber.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { eraseSubscriber } from '../people/erase-subscriber.js';
import { exportSubscriber } from '../people/export-subscriber.js';
import { getSubscriber, listSubscribers } from '../subscribers/list-subscribers.js';
import { readerProblems } from '../subscribers/reader-problems.js';
import { subscriptionStatuses } from '../subscribers/status.js';
import { joinSources } from '../subscribers/join-source.js';
import type { SubscriberView } from '../subscribers/subscriber-view.js';
import { addSuppression, liftSuppression, listSuppressions } from '../subscribers/suppressions.js';
import { updateSubscriber } from '../subscribers/update-subscriber.js';
import type { Db } from '../db.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter, type NewsletterAct } from './find-newsletter.js';
import { formField, queryField } from './form-field.js';
import { redirectWith, sendPage, translatorOf } from './page.js';
import { requireProof, samePage } from './profile/prove.js';
import { addedSince, addedWithin, chip, chipsAbout, noFilters, type Filters } from './readers/chips.js';
import { choose, readerPage, rename, type ReaderAct } from './readers/edit.js';
import { selectedActs } from './readers/routes-selected.js';
import { sendReaderNotFound, showReader } from './readers/show.js';
import { actorOf, requireForm, requirePermission, sessionOf } from './session.js';

const readersShown = 50;
const shortestSearch = 3;
const longestSearch = 200;

/** The readers, whose subscriptions have the newsletters' names instead of their slugs. */
async function withNames(db: Db, readers: readonly SubscriberView[]): Promise<SubscriberView[]> {
  const names = new Map<string, string | undefined>();
  for (const { newsletterId } of readers.flatMap(({ subscriptions }) => subscriptions))
    if (!names.has(newsletterId)) names.set(newsletterId, (await getNewsletter(db, newsletterId))?.name);
  return readers.map((reader) => ({
    ...reader,
    subscriptions: reader.subscriptions.map((one) => ({
      ...one,
      newsletter: names.get(one.newsletterId) ?? one.newsletter,
    })),
  }));
}

/** Sends the readers of a newsletter, or all readers. */
async function list(
  deps: ConsoleDeps,
  newsletter: Newsletter | undefined,
  req: Request,
  res: Response,
): Promise<void> {
  const [search, cursor] = [queryField(req, 'search').slice(0, longestSearch), queryField(req, 'cursor')];
  const oneOf = <T extends string>(all: readonly T[], name: string): T | undefined =>
    all.find((one) => one === queryField(req, name));
  const chosen = {
    status: oneOf(subscriptionStatuses, 'status'),
    problem: oneOf(readerProblems, 'problem'),
    topic: oneOf(newsletter?.topics ?? [], 'topic'),
    frequency: oneOf(newsletter?.schedule.frequencies ?? [], 'frequency'),
    source: oneOf(joinSources, 'source'),
  };
  const added = oneOf(addedWithin, 'added');
  const base = newsletter ? `/console/newsletters/${newsletter.slug}/readers` : '/console/subscribers';
  const given = Object.entries({ ...chosen, added, search }).filter(([, value]) => value);
  const filters: Filters = { ...noFilters, ...Object.fromEntries(given) };
  const now = deps.now();
  const isTooShort = search !== '' && search.length < shortestSearch;
  // At once: the numbers take some 10 ms among a million readers, and a filter up to 50.
  const [{ data, nextCursor }, chips] = await Promise.all([
    isTooShort
      ? { data: [], nextCursor: null }
      : listSubscribers(deps, {
          search: search || undefined,
          newsletter: newsletter?.id,
          ...chosen,
          since: added && addedSince(added, now),
          cursor: cursor || undefined,
          limit: readersShown,
        }),
    chipsAbout({ db: deps.db, now }, { newsletter, base, filters }, translatorOf(res)),
  ]);
  const page = chip(base, filters);
  sendPage(res, 'readers', {
    newsletter,
    base,
    search,
    kept: Object.entries({ ...filters, search: '' }).flatMap(([name, value]) =>
      value ? [{ name, value }] : [],
    ),
    isTooShort,
    ...chips,
    readers: newsletter
      ? data.map((reader) => ({
          ...reader,
          subscriptions: reader.subscriptions.filter(({ newsletterId }) => newsletterId === newsletter.id),
        }))
      : await withNames(deps.db, data),
    isFiltered: page !== base,
    ...(newsletter && may(sessionOf(res).account.role, 'write') ? { selects: selectedActs } : {}),
    script: '/assets/console.js',
    next: nextCursor && `${page}${page === base ? '?' : '&'}cursor=${nextCursor}`,
  });
}

/** Old links name the whole address: they lead to its reader. */
async function listAll(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const email = queryField(req, 'email');
  const [only] = email ? (await listSubscribers(deps, { email })).data : [];
  if (only) return res.redirect(303, `/console/subscribers/${only.id}`);
  if (email) return res.redirect(303, chip('/console/subscribers', { ...noFilters, search: email }));
  await list(deps, undefined, req, res);
}

const record = (
  deps: ConsoleDeps,
  res: Response,
  action: AuditAction,
  id: string,
  detail?: object,
): Promise<void> => recordAudit(deps, { actor: actorOf(res), action, subject: `subscriber:${id}`, detail });

const askForNew: NewsletterAct = async (_deps, newsletter, _req, res) =>
  sendPage(res, 'reader-new', { newsletter });

const add: NewsletterAct = async (deps, newsletter, req, res) => {
  const [email, name, basis] = ['email', 'name', 'basis'].map((field) => formField(req, field));
  const made = await createSubscriber(deps, {
    email: email ?? '',
    name: name || undefined,
    basis: basis || undefined,
    newsletterId: newsletter.id,
    via: 'console',
  });
  if (!made.ok)
    return sendPage(
      res,
      'reader-new',
      { newsletter, email, name, basis, problem: translatorOf(res).say(made.reason) },
      { status: 422 },
    );
  await record(deps, res, 'subscriber.add', made.subscriber.id);
  redirectWith(res, `/console/subscribers/${made.subscriber.id}`, 'reader-added');
};

const unsubscribe: ReaderAct = async (deps, reader, req, res) => {
  const ended = await updateSubscriber(deps, {
    id: reader.id,
    via: 'console',
    newsletterId: formField(req, 'newsletter'),
    status: 'unsubscribed',
  });
  if (ended.ok) await record(deps, res, 'subscriber.change', reader.id);
  redirectWith(res, readerPage(reader), ended.ok ? 'reader-unsubscribed' : 'reader-unchanged');
};

const suppress: ReaderAct = async (deps, reader, req, res) => {
  const { email } = reader;
  const added = await addSuppression(deps, {
    email,
    detail: formField(req, 'note').slice(0, 1000) || undefined,
  });
  if (added.ok) await record(deps, res, 'suppression.add', reader.id);
  redirectWith(res, readerPage(reader), added.ok ? 'reader-suppressed' : 'reader-unchanged');
};

const liftNotices = {
  lifted: 'suppression-lifted',
  'not-found': 'reader-unchanged',
  'owner-only': 'complaint-stays',
  'note-missing': 'complaint-stays',
} as const;

const lift: ReaderAct = async (deps, reader, req, res) => {
  const suppression =
    reader.suppressed === null ? undefined : (await listSuppressions(deps, { email: reader.email })).data[0];
  const note = formField(req, 'note').slice(0, 1000);
  const isOwner = may(sessionOf(res).account.role, 'own');
  const result = suppression && (await liftSuppression(deps, { id: suppression.id, isOwner, note }));
  if (result === 'lifted')
    await record(deps, res, 'suppression.remove', reader.id, note ? { note } : undefined);
  redirectWith(res, readerPage(reader), liftNotices[result ?? 'not-found']);
};

const askToErase: ReaderAct = async (_deps, reader, _req, res) => sendPage(res, 'reader-erase', { reader });

const erase: ReaderAct = async (deps, reader, _req, res) => {
  await eraseSubscriber(deps, { id: reader.id });
  await record(deps, res, 'subscriber.erase', reader.id);
  redirectWith(res, '/console/subscribers', 'reader-erased');
};

const download: ReaderAct = async (deps, reader, _req, res) => {
  const exported = await exportSubscriber(deps, { id: reader.id });
  await record(deps, res, 'subscriber.export', reader.id);
  res
    .set('Cache-Control', 'no-store')
    .attachment(`reader-${reader.id}.json`)
    .type('json')
    .send(JSON.stringify(exported, null, 2));
};

/** Makes a request handler of an act: finds the reader first. */
const aboutReader =
  (deps: ConsoleDeps) =>
  (act: ReaderAct): RequestHandler =>
  async (req, res) => {
    const reader = await getSubscriber(deps, String(req.params['id']));
    if (reader) await act(deps, reader, req, res);
    else sendReaderNotFound(res);
  };

export function readerRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, reader, isForm] = [aboutNewsletter(deps), aboutReader(deps), requireForm(deps)];
  const mayWrite = requirePermission('write');
  const readers = '/newsletters/:slug/readers';
  router.get(
    readers,
    newsletter((_, found, req, res) => list(deps, found, req, res)),
  );
  router.get(`${readers}/new`, mayWrite, newsletter(askForNew));
  router.post(readers, isForm, newsletter(add));
  router.get('/subscribers', (req, res) => listAll(deps, req, res));
  router.get('/subscribers/:id', (req, res) => showReader(deps, req, res));
  router.post('/subscribers/:id/name', isForm, reader(rename));
  router.post('/subscribers/:id/choices', isForm, reader(choose));
  router.post('/subscribers/:id/unsubscribe', isForm, reader(unsubscribe));
  router.post('/subscribers/:id/suppress', isForm, reader(suppress));
  router.post('/subscribers/:id/lift', isForm, reader(lift));
  router.post('/subscribers/:id/export', isForm, reader(download));
  const proof = requireProof(deps, samePage);
  router.get('/subscribers/:id/erase', mayWrite, proof, reader(askToErase));
  router.post('/subscribers/:id/erase', isForm, proof, reader(erase));
  return router;
}
