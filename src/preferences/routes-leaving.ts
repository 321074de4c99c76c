// GET and POST /unsubscribe/:token: leaving a newsletter, by the page or by the mail program's own button.
import express, { type Request, type Response, type Router } from 'express';
import type { PageLanguage } from '../languages/page-language.js';
import { pageLanguage } from '../languages/routes-language.js';
import { translator } from '../languages/translate.js';
import { pageNewsletter, seeOther, sendUnknownLink } from '../joining/routes-pages.js';
import { caller, drain } from '../joining/routes-request.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { LessMail } from '../subscribers/less-mail.js';
import { rejoinWording } from '../subscribers/wording.js';
import type { PageUndo } from '../templating/page-views.js';
import { renderPage } from '../templating/templates.js';
import type { PreferencesDeps } from './preferences.js';
import { showUnsubscribe, unsubscribe, type Leaving } from './unsubscribe.js';

/** The undo buttons for a reader who has just left, and the URL that asks why. */
export function undoOf(
  newsletter: Newsletter,
  preferencesToken: string,
  { less: { weekly }, page }: { less: LessMail; page: PageLanguage },
): { undo: PageUndo; preferencesUrl: string } {
  const url = `/preferences/${preferencesToken}${page.keep}`;
  const wording = rejoinWording(newsletter.name, translator(page.locale)).text;
  return { undo: { url, wording, weekly }, preferencesUrl: url };
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

export function leavingRoute({ db, now, secrets }: PreferencesDeps): Router {
  const router = express.Router({ mergeParams: true });

  router.get('/', async (request: Request<{ token: string }>, response) => {
    const found = await showUnsubscribe({ db, now, secrets }, { token: request.params.token });
    const isAnswer = found.state === 'already' && request.query['did'] === 'left';
    sendLeaving(request, response, isAnswer ? { ...found, state: 'left' } : found);
  });

  // RFC 8058 section 3.2: the mail program POSTs without cookies, and no person reads the answer. So there is
  // no redirect, no limit by caller (all readers of a provider come from its few addresses), and any body is
  // accepted.
  router.post('/', async (request: Request<{ token: string }>, response) => {
    const drained = drain(request);
    const { token } = request.params;
    const via = request.query['via'] === 'page' ? 'page' : 'one-click';
    const found = await unsubscribe({ db, now, secrets }, { token, via, ...caller(request) });
    // The sender of an unknown link need not send the rest.
    if (found.state === 'unknown' || (await drained)) response.set('Connection', 'close');
    // The button of our page: Back and reload must not post again.
    if (via === 'page' && (found.state === 'left' || found.state === 'already'))
      return seeOther(request, response, found.state === 'left' ? { did: 'left' } : {});
    return sendLeaving(request, response, found);
  });
  return router;
}
