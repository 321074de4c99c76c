// What a reader sees and clicks: the newsletters, the subscribe form, and the links that mail carries.
//
// No GET changes anything: mail scanners and previews open every link. Mount before any body parser: an unsubscribe
// request must be honoured whatever its body is.
import express, { type ErrorRequestHandler, type RequestHandler, type Response, type Router } from 'express';
import { pageLanguage } from '../languages/routes-language.js';
import { expectedProblem, readerProblem } from '../problem.js';
import { renderPage } from '../templates.js';
import { askForFreshLink, confirm, showConfirmation, type Confirmation } from './confirm.js';
import { openFormGuard } from './form-guard.js';
import { addressRoute } from './routes-address.js';
import {
  checkInboxPage,
  newsletterPage,
  pageNewsletter,
  sendError,
  severalPage,
  undoOf,
} from './routes-pages.js';
import { preferencesRoute } from './routes-preferences.js';
import { caller, drain } from './routes-request.js';
import { subscribeRoute, type SubscribeRouteDeps } from './routes-subscribe.js';
import { showNewsletter, showNewsletters } from './show-newsletter.js';
import { showUnsubscribe, unsubscribe, type Leaving } from './unsubscribe.js';

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

function sendConfirmation(response: Response, token: string, found: Confirmation): void {
  if (found.state === 'unknown') {
    response.status(404).send(renderPage('link-invalid', { reason: 'unknown' }));
    return;
  }
  const { email, about, wording } = found;
  const [{ newsletter: first, when }] = about;
  const newsletter = pageNewsletter(first);
  if (found.state === 'gone') {
    const freshUrl = `/confirm/${token}/again`;
    response.status(410).send(renderPage('link-over', { newsletter, email, freshUrl }));
  } else if (found.state === 'ready') response.send(renderPage('confirm', { newsletter, email, wording }));
  else {
    const several = about.map((one) => ({
      name: one.newsletter.name,
      language: one.newsletter.language,
      when: one.when,
    }));
    response.send(
      renderPage('confirmed', { newsletter, email, when, ...(several.length > 1 ? { several } : {}) }),
    );
  }
}

function sendLeaving(response: Response, found: Leaving): void {
  if (found.state === 'unknown') {
    response.status(404).send(renderPage('link-invalid', { reason: 'unknown' }));
    return;
  }
  if (found.state === 'erased') {
    const title = 'You are unsubscribed';
    response.send(
      renderPage('error', { status: 200, title, detail: 'There is nothing left to unsubscribe from.' }),
    );
    return;
  }
  const { email, state, preferencesToken, undoable } = found;
  const newsletter = pageNewsletter(found.newsletter);
  const preferencesUrl = `/preferences/${preferencesToken}`;
  if (state === 'ready')
    response.send(renderPage('unsubscribe', { newsletter, email, preferencesUrl, less: found.less }));
  else {
    const undo = undoable ? undoOf(found.newsletter, preferencesToken, found.less) : {};
    const already = state === 'already';
    response.send(renderPage('unsubscribed', { newsletter, email, already, ...undo }));
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

  router.get('/', async (request, response) => {
    const all = await showNewsletters({ db });
    const [only] = all;
    const shown = only && all.length === 1 ? await showNewsletter({ db }, only.newsletter) : undefined;
    if (shown) return response.send(newsletterPage(shown, guardForm));
    return response.send(severalPage(all, guardForm, pageLanguage(request, response)));
  });

  router.get('/n/:slug', async (request, response) => {
    const shown = await showNewsletter({ db }, { slug: request.params.slug });
    return shown ? response.send(newsletterPage(shown, guardForm)) : sendError(request, response, notFound);
  });

  router.use(subscribeRoute(deps));

  router.use(['/confirm', '/unsubscribe', '/preferences', '/address'], keepTokenPrivate);
  router.use('/address/:token', addressRoute({ db, now }));
  router.use('/preferences/:token', preferencesRoute(deps));

  router.get('/confirm/:token', async (request, response) => {
    const { token } = request.params;
    sendConfirmation(response, token, await showConfirmation({ db, now }, { token }));
  });

  router.post('/confirm/:token', async (request, response) => {
    const { token } = request.params;
    sendConfirmation(response, token, await confirm({ db, now }, { token, ...caller(request) }));
  });

  router.post('/confirm/:token/again', async (request, response) => {
    const { token } = request.params;
    const { perAddress } = deps.subscribeLimits;
    const asked = await askForFreshLink({ ...deps, perAddress }, { token, ...caller(request) });
    // Pressed where there is nothing to ask for: the link's own page says what there is.
    if (asked) response.send(checkInboxPage(asked.about, asked.email));
    else sendConfirmation(response, token, await showConfirmation({ db, now }, { token }));
  });

  router.get('/unsubscribe/:token', async (request, response) => {
    sendLeaving(response, await showUnsubscribe({ db, now, secrets }, { token: request.params.token }));
  });

  // RFC 8058 section 3.2: the mail program POSTs without cookies or a person to read the answer; no redirect, no
  // limit by caller (all of a provider's readers come from its few addresses), and the body does not matter.
  router.post('/unsubscribe/:token', async (request, response) => {
    const drained = drain(request);
    const { token } = request.params;
    const via = request.query['via'] === 'page' ? 'page' : 'one-click';
    const found = await unsubscribe({ db, now, secrets }, { token, via, ...caller(request) });
    if (await drained) response.set('Connection', 'close');
    sendLeaving(response, found);
  });

  router.use(answerExpected);
  return router;
}
