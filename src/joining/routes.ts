// The public pages on which people join: the newsletters, the subscribe form, and the link in a confirmation
// mail.
//
// No GET changes anything: mail scanners and previews open every link.
import express, { type Request, type Response, type Router } from 'express';
import { pageLanguage, speaker } from '../languages/routes-language.js';
import { translator, type Translator } from '../languages/translate.js';
import { getNewsletter, listOffered } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import { readerProblem } from '../problem.js';
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
import {
  answerExpected,
  checkInboxPage,
  keepTokenPrivate,
  limitLinks,
  newsletterPage,
  pageNewsletter,
  seeOther,
  sendClosed,
  sendError,
  sendUnknownLink,
  severalPage,
} from './routes-pages.js';
import { caller } from './routes-request.js';
import { openSealedAnswer, sealAnswer } from './sealed-answer.js';
import { subscribeRoute, type SubscribeRouteDeps } from './routes-subscribe.js';
import { showNewsletter, type ShownNewsletter } from './show-newsletter.js';

const notFound = readerProblem(404, 'not-found', { key: 'errors.notFound' });

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

/** When this reader gets the digest. */
function whenInWords({ newsletter, readingTime: own }: Confirmed, words: Translator): string {
  const { schedule, timezone } = newsletter;
  if (own === null) return scheduleInWords(schedule, timezone, words);
  const { frequency, sendTime, weekday } = own;
  const weeklyDay = weekday ?? schedule.weeklyDay;
  return scheduleInWords({ ...schedule, frequencies: [frequency], sendTime, weeklyDay }, own.timezone, words);
}

export function subscriberRoutes(deps: SubscribeRouteDeps): Router {
  const { db, now } = deps;
  const guardForm = openFormGuard(deps);
  const router = express.Router();

  const sendNewsletter = (request: Request, response: Response, shown: ShownNewsletter) => {
    const page = pageLanguage(request, response, { newsletter: shown.newsletter.language });
    return response.send(newsletterPage(shown, guardForm, page));
  };

  router.get('/', async (request, response) => {
    const all = await listOffered(db);
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

  router.use('/confirm', keepTokenPrivate, limitLinks(deps));

  router.get('/confirm/:token', async (request, response) => {
    const { token } = request.params;
    sendConfirmation(request, response, await showConfirmation({ db, now }, { token }));
  });

  router.post('/confirm/:token', async (request, response) => {
    const { token } = request.params;
    const found = await confirm(deps, { token, speak: speaker(request), ...caller(request) });
    if (found.state === 'confirmed' || found.state === 'already') return seeOther(request, response);
    return sendConfirmation(request, response, found);
  });

  router.post('/confirm/:token/again', async (request, response) => {
    const { token } = request.params;
    const { perAddress } = deps.subscribeLimits;
    const asked = await askForFreshLink({ ...deps, perAddress }, { token, ...caller(request) });
    // There is no fresh link to send: the page of the link says why.
    if (!asked) return sendConfirmation(request, response, await showConfirmation({ db, now }, { token }));
    const { about, email } = asked;
    const newsletterIds = about.map(({ newsletter }) => newsletter.id);
    // The token of this link is forgotten with the next mail, so the page of the answer tells what it knows.
    return seeOther(request, response, {
      sent: sealAnswer(deps.secrets, 'asked-again', { email, newsletterIds }),
    });
  });

  router.get('/confirm/:token/again', async (request, response) => {
    const sent = openSealedAnswer(deps.secrets, 'asked-again', request.query['sent']);
    const about: { newsletter: Newsletter }[] = [];
    for (const id of sent?.newsletterIds ?? []) {
      const newsletter = await getNewsletter(db, id);
      if (newsletter) about.push({ newsletter });
    }
    const [first] = about;
    if (!sent || !first) {
      const { token } = request.params;
      return sendConfirmation(request, response, await showConfirmation({ db, now }, { token }));
    }
    const page = pageLanguage(request, response, { newsletter: first.newsletter.language, menu: false });
    return response.send(checkInboxPage(about, sent.email, { page }));
  });

  router.use(answerExpected);
  return router;
}
