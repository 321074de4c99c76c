// What a reader sees and clicks: the newsletters, the subscribe form, and the links that mail carries.
//
// No GET changes anything: mail scanners and previews open every link. Mount before any body parser: an unsubscribe
// request must be honoured whatever its body is.
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { pageLanguage, speaker } from '../languages/routes-language.js';
import { translator, type Translator } from '../languages/translate.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import { expectedProblem, readerProblem } from '../problem.js';
import { renderPage } from '../templating/templates.js';
import {
  askForFreshLink,
  confirm,
  showConfirmation,
  wordingFor,
  type Confirmation,
  type Confirmed,
} from './confirm.js';
import { openFormGuard } from './form-guard.js';
import { addressRoute } from '../preferences/routes-address.js';
import {
  checkInboxPage,
  newsletterPage,
  pageNewsletter,
  sendClosed,
  sendError,
  severalPage,
  undoOf,
} from './routes-pages.js';
import { preferencesRoute } from '../preferences/routes-preferences.js';
import { caller, drain } from './routes-request.js';
import { subscribeRoute, type SubscribeRouteDeps } from './routes-subscribe.js';
import { showNewsletter, type ShownNewsletter } from './show-newsletter.js';
import { showUnsubscribe, unsubscribe, type Leaving } from '../preferences/unsubscribe.js';

/** The token is a key to one reader's subscription: it must not stay in caches, indexes or other sites' logs. */
const keepTokenPrivate: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Robots-Tag': 'noindex, nofollow',
  });
  next();
};

const notFound = readerProblem(404, 'not-found', { key: 'errors.notFound' });

function sendUnknownLink(request: Request, response: Response): void {
  const page = pageLanguage(request, response);
  response.status(404).send(renderPage('link-invalid', { reason: 'unknown' }, page));
}

function sendConfirmation(
  request: Request<{ token: string }>,
  response: Response,
  found: Confirmation,
): void {
  if (found.state === 'unknown') return sendUnknownLink(request, response);
  const { email, about, language: stored } = found;
  const newsletter = pageNewsletter(about[0].newsletter);
  const page = pageLanguage(request, response, { stored, newsletter: newsletter.language });
  const words = translator(page.locale);
  if (found.state === 'gone') {
    const freshUrl = `/confirm/${request.params.token}/again${page.keep}`;
    response.status(410).send(renderPage('link-over', { newsletter, email, freshUrl }, page));
  } else if (found.state === 'closed') {
    sendClosed(request, response, { closed: about.map((one) => one.newsletter), domain: found.domain, page });
  } else if (found.state === 'ready') {
    const wording = wordingFor(about, words).text;
    response.send(renderPage('confirm', { newsletter, email, wording }, page));
  } else {
    const several = about.map((one) => ({
      name: one.newsletter.name,
      language: one.newsletter.language,
      when: whenInWords(one, words),
    }));
    const when = several[0]?.when ?? '';
    const view = { newsletter, email, when, ...(several.length > 1 ? { several } : {}) };
    response.send(renderPage('confirmed', view, page));
  }
}

/** When this reader's digests come. */
function whenInWords({ newsletter, readingTime: own }: Confirmed, words: Translator): string {
  const { schedule, timezone } = newsletter;
  if (own === null) return scheduleInWords(schedule, timezone, words);
  const { frequency, sendTime, weekday } = own;
  const weeklyDay = weekday ?? schedule.weeklyDay;
  return scheduleInWords({ ...schedule, frequencies: [frequency], sendTime, weeklyDay }, own.timezone, words);
}

function sendLeaving(request: Request, response: Response, found: Leaving): void {
  if (found.state === 'unknown') return sendUnknownLink(request, response);
  if (found.state === 'erased') {
    const page = pageLanguage(request, response);
    const { t } = translator(page.locale);
    const view = { status: 200, title: t('leaving.doneTitle'), detail: t('leaving.nothingLeft') };
    response.send(renderPage('error', view, page));
    return;
  }
  const { email, state, preferencesToken, undoable, less, language: stored } = found;
  const newsletter = pageNewsletter(found.newsletter);
  const page = pageLanguage(request, response, { stored, newsletter: newsletter.language });
  const preferencesUrl = `/preferences/${preferencesToken}${page.keep}`;
  if (state === 'ready')
    response.send(renderPage('unsubscribe', { newsletter, email, preferencesUrl, less }, page));
  else {
    const undo = undoable ? undoOf(found.newsletter, preferencesToken, { less, page }) : {};
    const already = state === 'already';
    response.send(renderPage('unsubscribed', { newsletter, email, already, ...undo }, page));
  }
}

/** Lost infrastructure and broken requests are answered here; bugs go on to the application. */
const answerExpected: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const expected = expectedProblem(error);
  if (expected === undefined || response.headersSent) return next(error);
  return sendError(request, response, expected);
};

export function subscriberRoutes(deps: SubscribeRouteDeps): Router {
  const { db, now, secrets } = deps;
  const guardForm = openFormGuard(deps);
  const router = express.Router();

  const sendNewsletter = (request: Request, response: Response, shown: ShownNewsletter) => {
    const page = pageLanguage(request, response, { newsletter: shown.newsletter.language });
    return response.send(newsletterPage(shown, guardForm, page));
  };

  router.get('/', async (request, response) => {
    const all = await listNewsletters(db);
    const [only] = all;
    const shown = only && all.length === 1 ? await showNewsletter({ db }, only) : undefined;
    if (shown) return sendNewsletter(request, response, shown);
    return response.send(severalPage(all, guardForm, pageLanguage(request, response)));
  });

  router.get('/n/:slug', async (request, response) => {
    const shown = await showNewsletter({ db }, { slug: request.params.slug });
    return shown ? sendNewsletter(request, response, shown) : sendError(request, response, notFound);
  });

  router.use(subscribeRoute(deps));

  router.use(['/confirm', '/unsubscribe', '/preferences', '/address'], keepTokenPrivate);
  router.use('/address/:token', addressRoute({ db, now }));
  router.use('/preferences/:token', preferencesRoute(deps));

  router.get('/confirm/:token', async (request, response) => {
    const { token } = request.params;
    sendConfirmation(request, response, await showConfirmation({ db, now }, { token }));
  });

  router.post('/confirm/:token', async (request, response) => {
    const { token } = request.params;
    sendConfirmation(
      request,
      response,
      await confirm({ db, now }, { token, speak: speaker(request), ...caller(request) }),
    );
  });

  router.post('/confirm/:token/again', async (request, response) => {
    const { token } = request.params;
    const { perAddress } = deps.subscribeLimits;
    const asked = await askForFreshLink({ ...deps, perAddress }, { token, ...caller(request) });
    // Pressed where there is nothing to ask for: the link's own page says what there is.
    if (!asked) return sendConfirmation(request, response, await showConfirmation({ db, now }, { token }));
    const { about, email, language: stored } = asked;
    const page = pageLanguage(request, response, { stored, newsletter: about[0].newsletter.language });
    return response.send(checkInboxPage(about, email, { page }));
  });

  router.get('/unsubscribe/:token', async (request, response) => {
    sendLeaving(
      request,
      response,
      await showUnsubscribe({ db, now, secrets }, { token: request.params.token }),
    );
  });

  // RFC 8058 section 3.2: the mail program POSTs without cookies or a person to read the answer; no redirect, no
  // limit by caller (all of a provider's readers come from its few addresses), and the body does not matter.
  router.post('/unsubscribe/:token', async (request, response) => {
    const drained = drain(request);
    const { token } = request.params;
    const via = request.query['via'] === 'page' ? 'page' : 'one-click';
    const found = await unsubscribe({ db, now, secrets }, { token, via, ...caller(request) });
    if (await drained) response.set('Connection', 'close');
    sendLeaving(request, response, found);
  });

  router.use(answerExpected);
  return router;
}
