// POST /n/:slug/subscribe: requests from our page, from forms on other sites, and from scripts.
// POST /subscribe: the form of several newsletters, listed in `newsletters`.
// GET /n/:slug/challenge: the challenge that the browser may have to solve first.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { setTimeout as delay } from 'node:timers/promises';
import type { SubscribeLimits } from '../config/limits.js';
import type { Db } from '../db.js';
import type { PageLanguage } from '../languages/page-language.js';
import { pageLanguage } from '../languages/routes-language.js';
import { translator } from '../languages/translate.js';
import { inLots } from '../lots.js';
import { getNewslettersBySlug, listOffered } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { readerProblem, translated, type Problem } from '../problem.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { countCaller, wantsChallenge } from './limit-requests.js';
import { openChallenges } from './challenge.js';
import { strictest } from './challenge-mode.js';
import { openCounts } from '../rates/counts.js';
import { openFormGuard, type GuardForm } from './form-guard.js';
import {
  allowFraming,
  checkInboxPage,
  framedForm,
  newsletterPage,
  sendError,
  sendTooMany,
  severalPage,
} from './routes-pages.js';
import { caller, isFramed, readFields, wantsJson } from './routes-request.js';
import { showNewsletter } from './show-newsletter.js';
import { subscribe, type SubscribeResult } from './subscribe.js';
import { languageOfWording } from '../subscribers/wording.js';
import { openRequests } from './record-requests.js';
import { parseUrl } from '../parse-url.js';

export interface SubscribeRouteDeps {
  db: Db;
  enqueue: Enqueue;
  secrets: Secrets;
  now: () => Date;
  subscribeLimits: SubscribeLimits;
  /** Optional hook, called with the outcome of each request. */
  observe?: (outcome: string) => void;
}

// Room for the largest number of custom fields, each of the largest size, in form encoding.
const bodyLimit = '256kb';

// Any site may embed the form, and call it from a script. It reads no cookie, so there is nothing to protect
// by origin.
const allowAnyOrigin: RequestHandler = (request, response, next) => {
  response.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Retry-After' });
  if (request.method !== 'OPTIONS') return next();
  response.set({
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': 'Content-Type',
    'Access-Control-Max-Age': '86400',
  });
  response.status(204).end();
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The form's redirect target, if it is on the newsletter's own site: we are no open redirect. */
function allowedRedirect(newsletter: Newsletter, redirect: unknown): string | undefined {
  const site = newsletter.siteUrl;
  const target = parseUrl(text(redirect));
  if (site === null || target === undefined) return undefined;
  return /^https?:$/.test(target.protocol) && target.origin === new URL(site).origin
    ? target.href
    : undefined;
}

function sendAccepted(
  request: Request,
  response: Response,
  { newsletters, fields }: { newsletters: readonly Newsletter[]; fields: Readonly<Record<string, unknown>> },
): void {
  if (wantsJson(request)) {
    response.status(202).json({ status: 'accepted' });
    return;
  }
  const targets = newsletters.map((newsletter) => allowedRedirect(newsletter, fields['redirect']));
  const target = targets.find((one) => one !== undefined);
  if (target !== undefined) return response.redirect(303, target);
  const about = newsletters.map((newsletter) => ({ newsletter }));
  const email = text(fields['email']).trim();
  const page = answerLanguage(request, response, { newsletter: newsletters[0], fields });
  response.send(checkInboxPage(about, email, { page, frame: isFramed(request), isThanked: true }));
}

// More than any publisher has; the rest is ignored.
const mostAtOnce = 100;

/** The requested newsletters: the one in the path, or those that the form lists. */
function slugsOf(slug: string | undefined, fields: Readonly<Record<string, unknown>>): string[] {
  if (slug !== undefined) return [slug];
  const { newsletters } = fields;
  const named: unknown[] = Array.isArray(newsletters) ? newsletters : [newsletters];
  return [...new Set(named.filter((one) => typeof one === 'string' && one !== ''))].slice(
    0,
    mostAtOnce,
  ) as string[];
}

/** Answers in the language of the form. */
const answerLanguage = (
  request: Request,
  response: Response,
  { newsletter, fields }: { newsletter?: Newsletter | undefined; fields: Readonly<Record<string, unknown>> },
): PageLanguage =>
  pageLanguage(request, response, {
    asked: languageOfWording(fields['wording']),
    newsletter: newsletter?.language,
  });

/** The outcome of a request, for metrics. */
function outcomeOf(result: SubscribeResult): string {
  switch (result.status) {
    case 'accepted':
      return result.outcome;
    case 'too-many':
      return result.because;
    case 'challenge-required':
      return `challenge-${result.because}`;
    default:
      return result.status;
  }
}

const unknownNewsletter = readerProblem(404, 'unknown-newsletter', { key: 'errors.unknownNewsletter' });

const malformedBody = readerProblem(400, 'malformed-body', { key: 'errors.malformedBody' });

type Complaint = Extract<SubscribeResult, { status: 'invalid' | 'too-fast' | 'challenge-required' }>;

/** The problem that a refused form shows, with its status and code. */
function complaint(result: Complaint, minFillSeconds: number): Problem {
  switch (result.status) {
    case 'invalid':
      return readerProblem(400, result.code, result.reason, { field: result.field });
    case 'too-fast':
      return readerProblem(429, 'too-fast', { key: 'errors.tooFast' }, { retryAfter: minFillSeconds });
    case 'challenge-required':
      return readerProblem(403, 'challenge-required', { key: 'errors.challengeRequired' });
  }
}

type FormRequest = Request<{ slug?: string }>;

interface Subscribing
  extends SubscribeRouteDeps, Omit<Parameters<typeof subscribe>[0], keyof SubscribeRouteDeps> {
  guardForm: GuardForm;
  observe: (outcome: string) => void;
}

/** Counts the caller's requests before the body is read; `asked` is the count. */
const limitCaller =
  (deps: Subscribing): RequestHandler =>
  async (request, response, next) => {
    const { asked, retryAfter } = await countCaller(deps, request.ip ?? '');
    response.locals['asked'] = asked;
    if (retryAfter === undefined) return next();
    deps.observe('caller-limit');
    return sendTooMany(request, response, retryAfter);
  };

async function sendChallenge(
  deps: Subscribing,
  request: Request<{ slug: string }>,
  response: Response,
): Promise<void> {
  const newsletter = await deps.findNewsletter(request.params.slug);
  if (!newsletter) return sendError(request, response, unknownNewsletter);
  response.set('Cache-Control', 'no-store');
  const { challenge } = strictest([newsletter], deps.subscribeLimits);
  const asker = { newsletterId: newsletter.id, challenge, ip: request.ip ?? '' };
  if (request.query['if'] === 'wanted' && !(await wantsChallenge(deps, asker))) response.status(204).end();
  else response.json(await deps.challenges.make());
}

/** Shows the form again, with the problem and the reader's input. */
async function sendFormAgain(
  { db, guardForm }: Subscribing,
  request: FormRequest,
  response: Response,
  { answer, field, fields }: { answer: Problem; field: string; fields: Readonly<Record<string, unknown>> },
): Promise<void> {
  const { slug } = request.params;
  const shown = slug === undefined ? undefined : await showNewsletter({ db }, { slug });
  const page = answerLanguage(request, response, { newsletter: shown?.newsletter, fields });
  if (slug !== undefined && shown === undefined) return sendError(request, response, answer, page);
  const problem = translated(answer, translator(page.locale)).detail;
  const refused = { problem, field, typed: fields };
  const formPage = isFramed(request) ? framedForm : newsletterPage;
  const form = shown
    ? formPage(shown, guardForm, page, refused)
    : severalPage(await listOffered(db), guardForm, page, refused);
  if (answer.retryAfter !== undefined) response.set('Retry-After', String(answer.retryAfter));
  response.status(answer.status).send(form);
}

async function sendResult(
  deps: Subscribing,
  request: FormRequest,
  response: Response,
  { result, fields }: { result: SubscribeResult; fields: Readonly<Record<string, unknown>> },
): Promise<void> {
  if (result.status === 'accepted')
    return sendAccepted(request, response, { newsletters: result.newsletters, fields });
  if (result.status === 'unknown-newsletter') return sendError(request, response, unknownNewsletter);
  if (result.status === 'too-many') return sendTooMany(request, response, result.retryAfter);
  const answer = complaint(result, deps.subscribeLimits.minFillSeconds);
  if (wantsJson(request)) return sendError(request, response, answer);
  const field = result.status === 'invalid' ? result.field : '';
  return sendFormAgain(deps, request, response, { answer, field, fields });
}

async function receiveForm(deps: Subscribing, request: FormRequest, response: Response): Promise<void> {
  const raw: unknown = request.body;
  const body = Buffer.isBuffer(raw) ? raw : Buffer.alloc(0);
  const fields = await readFields(body, request.get('content-type') ?? '');
  if (!fields) return sendError(request, response, malformedBody);
  const asked = Number(response.locals['asked']);
  const from = { ...caller(request), asked, isForm: !wantsJson(request), origin: request.get('origin') };
  const input = { slugs: slugsOf(request.params.slug, fields), body: fields, ...from };
  // The answer takes the same time whatever the address's state is.
  const [result] = await Promise.all([subscribe(deps, input), delay(deps.subscribeLimits.answerMs)]);
  deps.observe(outcomeOf(result));
  return sendResult(deps, request, response, { result, fields });
}

function openSubscribing(deps: SubscribeRouteDeps): Subscribing {
  const { db, observe = () => {} } = deps;
  const findNewsletter = inLots(async (slugs: string[]) => {
    const found = await getNewslettersBySlug(db, slugs);
    return slugs.map((slug) => found.get(slug));
  });
  return {
    ...deps,
    observe,
    findNewsletter,
    guardForm: openFormGuard(deps),
    counts: openCounts(db),
    challenges: openChallenges(deps),
    takeRequest: openRequests(deps),
  };
}

export function subscribeRoute(deps: SubscribeRouteDeps): Router {
  const subscribing = openSubscribing(deps);
  const router = express.Router();
  const forms = ['/n/:slug/subscribe', '/subscribe'];
  router.use([...forms, '/n/:slug/challenge'], allowAnyOrigin);
  router.get('/n/:slug/challenge', async (request, response) =>
    sendChallenge(subscribing, request, response),
  );
  router.use(forms, (request, response, next) => {
    // The answer shows the address and what was typed beside it.
    response.set('Cache-Control', 'no-store');
    if (isFramed(request)) allowFraming(response);
    next();
  });
  const readBody = express.raw({ type: () => true, limit: bodyLimit });
  // Registered one by one: logs and metrics show the declared path.
  for (const path of forms)
    router.post(path, limitCaller(subscribing), readBody, async (request: FormRequest, response) =>
      receiveForm(subscribing, request, response),
    );
  return router;
}
