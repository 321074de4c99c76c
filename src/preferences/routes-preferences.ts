// GET and POST /preferences/:token. Buttons post `action` to their own page; the answer is a redirect to the
// page after the change, and an error is answered at once.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import type { SubscribeLimits } from '../config/limits.js';
import type { PageLanguage } from '../languages/page-language.js';
import { pageLanguage, speaker } from '../languages/routes-language.js';
import { translator } from '../languages/translate.js';
import { readerProblem } from '../problem.js';
import { renderPage } from '../templating/templates.js';
import {
  changePreferences,
  type ChangePreferencesDeps,
  type PreferencesAction,
} from './change-preferences.js';
import type { AddressDeps } from './change-address.js';
import {
  showPreferences,
  subscriptionOf,
  type FoundPreferences,
  type Preferences,
  type PreferencesDeps,
} from './preferences.js';
import { outcomeIn, queryOf, type PageOutcome } from './outcome-in-url.js';
import { preferencesView } from './preferences-view.js';
import { pageNewsletter, seeOther, sendError } from '../joining/routes-pages.js';
import { openSealedAnswer, sealAnswer } from '../joining/sealed-answer.js';
import { getNewsletter, getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { undoOf } from './routes-leaving.js';
import { caller, readFields } from '../joining/routes-request.js';
import { signToken } from '../subscribers/tokens.js';

// Room for the largest number of custom fields, each of the largest size, in form encoding.
const bodyLimit = '256kb';
const actions: readonly PreferencesAction[] = [
  'save',
  'pause',
  'resume',
  'rejoin',
  'join',
  'leave',
  'move',
  'stay',
  'rejoin-weekly',
  'reason',
];

type Gone = Exclude<FoundPreferences, { state: 'found' }>;

function sendGone(request: Request, response: Response, { state }: Gone): void {
  const page = pageLanguage(request, response);
  const { t } = translator(page.locale);
  if (state === 'unknown') response.status(404).send(renderPage('link-invalid', { reason: 'unknown' }, page));
  else {
    const view = { status: 200, title: t('leaving.goneTitle'), detail: t('leaving.gone') };
    response.send(renderPage('error', view, page));
  }
}

export interface PreferencesRouteDeps extends ChangePreferencesDeps, AddressDeps {
  subscribeLimits: Pick<SubscribeLimits, 'perAddress' | 'linksPerCaller'>;
  /** Forgets the person, in every feature. */
  eraseSubscriber: (deps: PreferencesDeps, subscriber: { id: string }) => Promise<boolean>;
  /** Everything that is stored about the person. */
  exportSubscriber: (deps: PreferencesDeps, subscriber: { id: string }) => Promise<object | undefined>;
}

type LinkRequest = Request<{ token: string }>;

interface Shown {
  preferences: Preferences;
  did: PageOutcome | undefined;
  page: PageLanguage;
}

/** The preferences of a reader whose subscription is active or suppressed. */
function sendForm(
  { now, secrets }: PreferencesDeps,
  response: Response,
  { preferences, did, page }: Shown,
): void {
  const urlOf = (subscriptionId: string) =>
    `/preferences/${signToken(secrets.derive('links'), 'preferences', subscriptionId)}`;
  const view = preferencesView(preferences, { now: now(), did, urlOf, words: translator(page.locale) });
  const newsletter = pageNewsletter(preferences.newsletter);
  response.status(did?.outcome === 'invalid' ? 400 : 200);
  response.send(renderPage('preferences', { newsletter, ...view }, page));
}

/** The page of a reader who has left. */
function sendLeft(request: LinkRequest, response: Response, { preferences, did, page }: Shown): void {
  const { newsletter, email, less, undoable } = preferences;
  const reasonProblem = did?.outcome === 'no-reason';
  const thanked = did?.outcome === 'thanked';
  const already = did?.outcome !== 'left' && !thanked && !reasonProblem;
  const undo = undoable ? undoOf(newsletter, request.params.token, { less, page }) : {};
  const view = { newsletter: pageNewsletter(newsletter), email, already, thanked, reasonProblem, ...undo };
  response.status(reasonProblem ? 400 : 200);
  response.send(renderPage('unsubscribed', view, page));
}

type Found = Extract<FoundPreferences, { state: 'found' }>;

function sendFound(
  deps: PreferencesRouteDeps,
  request: LinkRequest,
  response: Response,
  { preferences }: Found,
  did: PageOutcome | undefined,
): void {
  const { newsletter, status, language: stored } = preferences;
  const page = pageLanguage(request, response, { stored, newsletter: newsletter.language });
  const shown = { preferences, did, page };
  if (status === 'active' || status === 'suppressed') sendForm(deps, response, shown);
  else sendLeft(request, response, shown);
}

/** The outcome that the URL names, with the name of the other newsletter. */
async function outcomeToShow(
  { db }: PreferencesDeps,
  query: LinkRequest['query'],
): Promise<PageOutcome | undefined> {
  const outcome = outcomeIn(query);
  if (outcome === undefined || !('slug' in outcome)) return outcome;
  return { outcome: outcome.outcome, name: (await getNewsletterBySlug(db, outcome.slug))?.name };
}

async function sendPage(deps: PreferencesRouteDeps, request: LinkRequest, response: Response): Promise<void> {
  const { token } = request.params;
  const found = await showPreferences(deps, { token });
  if (found.state === 'erased') {
    const erased = openSealedAnswer(deps.secrets, 'erased', request.query['erased']);
    const newsletter = erased && (await getNewsletter(deps.db, erased.newsletterIds[0] ?? ''));
    if (newsletter) return sendErased(request, response, { newsletter, email: erased.email });
  }
  if (found.state !== 'found') return sendGone(request, response, found);
  if (request.query['ask'] === 'erase') {
    const { newsletter, email, language: stored } = found.preferences;
    const page = pageLanguage(request, response, { stored, newsletter: newsletter.language });
    response.send(renderPage('erase', { newsletter: pageNewsletter(newsletter), email }, page));
    return;
  }
  sendFound(deps, request, response, found, await outcomeToShow(deps, request.query));
}

function sendErased(
  request: LinkRequest,
  response: Response,
  { newsletter, email }: { newsletter: Newsletter; email: string },
): void {
  const page = pageLanguage(request, response, { newsletter: newsletter.language, menu: false });
  response.send(renderPage('erased', { newsletter: pageNewsletter(newsletter), email }, page));
}

/** The buttons about the reader's data: export, and erasure in two steps. */
async function answerDataButton(
  deps: PreferencesRouteDeps,
  request: LinkRequest,
  response: Response,
  button: unknown,
): Promise<void> {
  const found = await showPreferences(deps, { token: request.params.token });
  if (found.state !== 'found') return sendGone(request, response, found);
  const { newsletter, email, subscriberId: id } = found.preferences;
  switch (button) {
    case 'export':
      response.attachment('my-data.json').type('json');
      response.send(JSON.stringify(await deps.exportSubscriber(deps, { id }), undefined, 2));
      return;
    case 'erase':
      return seeOther(request, response, { ask: 'erase' });
    case 'erase-for-good': {
      const erased = sealAnswer(deps.secrets, 'erased', { email, newsletterIds: [newsletter.id] });
      await deps.eraseSubscriber(deps, { id });
      return seeOther(request, response, { erased });
    }
    default:
      sendError(request, response, readerProblem(400, 'unknown-action', { key: 'errors.unknownAction' }));
  }
}

async function receivePost(
  deps: PreferencesRouteDeps,
  request: LinkRequest,
  response: Response,
): Promise<void> {
  const { token } = request.params;
  const raw: unknown = request.body;
  const body = Buffer.isBuffer(raw) ? raw : Buffer.alloc(0);
  const fields = await readFields(body, request.get('content-type') ?? '');
  const button = fields?.['action'];
  const action = actions.find((one) => one === button);
  if (!fields || !action) return answerDataButton(deps, request, response, button);
  const input = { token, action, fields, speak: speaker(request), ...caller(request) };
  const changed = await changePreferences(deps, input);
  if (changed.state !== 'found') return sendGone(request, response, changed);
  if (changed.outcome === 'invalid' || changed.outcome === 'no-reason')
    return sendFound(deps, request, response, changed, changed);
  return seeOther(request, response, queryOf(changed));
}

/** Refuses a link that we did not sign, before its body is read. */
const requireOurLink =
  ({ secrets }: PreferencesDeps): RequestHandler<{ token: string }> =>
  (request, response, next) => {
    if (subscriptionOf(secrets, request.params.token) !== undefined) return next();
    response.set('Connection', 'close');
    return sendGone(request, response, { state: 'unknown' });
  };

export function preferencesRoute(deps: PreferencesRouteDeps): Router {
  const router = express.Router({ mergeParams: true });
  router.get('/', async (request: LinkRequest, response) => sendPage(deps, request, response));
  router.post(
    '/',
    requireOurLink(deps),
    express.raw({ type: () => true, limit: bodyLimit }),
    async (request: LinkRequest, response) => receivePost(deps, request, response),
  );
  return router;
}
