// Public pages that several routes answer with.
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { SubscribeLimits } from '../config/limits.js';
import type { Db } from '../db.js';
import type { MessageKey } from '../languages/messages.js';
import type { PageLanguage } from '../languages/page-language.js';
import { languageOf } from '../languages/language.js';
import { pageLanguage } from '../languages/routes-language.js';
import { translator } from '../languages/translate.js';
import { brandOf } from '../newsletters/brand.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import type { Newsletter } from '../newsletters/schema.js';
import type { PageNewsletter } from '../templating/page-views.js';
import { expectedProblem, readerProblem, sendProblem, translated, type Problem } from '../problem.js';
import { limitCallers } from '../rates/routes-limit-callers.js';
import { renderPage } from '../templating/templates.js';
import { wantsJson } from './routes-request.js';
import type { ShownNewsletter } from './show-newsletter.js';
import type { GuardForm } from './form-guard.js';
import { suggestionFor } from './domain-hint.js';
import { formView, severalFormView, type Refused } from './form-view.js';
import { namesOf } from '../subscribers/names.js';

export const pageNewsletter = (newsletter: Newsletter): PageNewsletter => ({
  name: newsletter.name,
  slug: newsletter.slug,
  language: newsletter.language,
  archive: newsletter.archive === 'public',
  brand: brandOf(newsletter),
  ...(newsletter.siteUrl === null ? {} : { siteUrl: newsletter.siteUrl }),
  ...(newsletter.privacyUrl === null ? {} : { privacyUrl: newsletter.privacyUrl }),
  ...(newsletter.postalAddress === null ? {} : { postalAddress: newsletter.postalAddress }),
});

/** The subscribe page; after a refusal with the problem and the reader's input. */
export function newsletterPage(
  { newsletter, issues }: ShownNewsletter,
  guardForm: GuardForm,
  page: PageLanguage,
  refused?: Refused,
): string {
  const { timezone, schedule } = newsletter;
  const words = translator(page.locale);
  const view = {
    newsletter: pageNewsletter(newsletter),
    when: scheduleInWords(schedule, timezone, words),
    timezone,
    issues,
    form: formView(newsletter, words, { refused, guard: guardForm([newsletter], refused?.typed) }),
  };
  return renderPage('newsletter', view, page);
}

/** The form alone, for a frame on another site. */
export function framedForm(
  { newsletter }: ShownNewsletter,
  guardForm: GuardForm,
  page: PageLanguage,
  refused?: Refused,
): string {
  const words = translator(page.locale);
  const guard = guardForm([newsletter], refused?.typed);
  const view = {
    newsletter: pageNewsletter(newsletter),
    when: scheduleInWords(newsletter.schedule, newsletter.timezone, words),
    form: formView(newsletter, words, { refused, guard, frame: true }),
    frame: true as const,
  };
  return renderPage('embed-frame', view, page);
}

/** The page that lists all newsletters, if there are any. */
export function severalPage(
  all: readonly Newsletter[],
  guardForm: GuardForm,
  page: PageLanguage,
  refused?: Refused,
): string {
  const [first, ...others] = all;
  if (!first) return renderPage('index', {}, page);
  const guard = guardForm([first, ...others], refused?.typed);
  const form = severalFormView(all, translator(page.locale), { refused, guard });
  return renderPage('index', { form }, page);
}

/**
 * The answer to every valid address. It suggests a correction for a likely typing error. With `isThanked`, it begins
 * with the publisher's own words.
 */
export function checkInboxPage(
  about: readonly { newsletter: Newsletter }[],
  email: string,
  { page, frame = false, isThanked = false }: { page: PageLanguage; frame?: boolean; isThanked?: boolean },
): string {
  const newsletters = about.map(({ newsletter }) => newsletter);
  const [first, ...others] = newsletters;
  const only = others.length === 0 ? first : undefined;
  const suggestion = suggestionFor(email);
  const thanks = isThanked ? (only?.form.thanks ?? undefined) : undefined;
  const path = only === undefined ? '/' : `/n/${only.slug}`;
  const view = {
    ...(only === undefined ? {} : { newsletter: pageNewsletter(only) }),
    name: namesOf(newsletters, page.locale),
    email,
    again: frame ? `${path}/embed?frame=1${page.keepToo}` : path + page.keep,
    frame,
    ...(suggestion === undefined ? {} : { suggestion }),
    ...(only === undefined || thanks === undefined
      ? {}
      : { thanks: { language: only.language, text: thanks } }),
  };
  return renderPage('check-inbox', view, page);
}

/**
 * Lets any site show the answer in a frame. Only for the form and the pages after it: a click there reveals
 * nothing that the site could not ask for itself.
 */
export function allowFraming(response: Response): void {
  response.removeHeader('X-Frame-Options');
  response.set(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors *",
  );
}

/** Refuses a link: the newsletters do not admit addresses at the reader's domain. */
export function sendClosed(
  request: Request,
  response: Response,
  { closed, domain, page }: { closed: readonly Newsletter[]; domain: string; page: PageLanguage },
): void {
  const args = { newsletter: namesOf(closed, page.locale), domain };
  sendError(
    request,
    response,
    readerProblem(403, 'address-not-allowed', { key: 'errors.closed', args }),
    page,
  );
}

const titles: Record<number, MessageKey> = {
  404: 'errors.titleNotFound',
  413: 'errors.titleTooLarge',
  503: 'errors.titleUnavailable',
};

/** Sends the problem as a page or as problem+json, as the request prefers, in the reader's language. */
export function sendError(
  request: Request,
  response: Response,
  answer: Problem,
  page = pageLanguage(request, response),
): void {
  const words = translator(page.locale);
  const told = translated(answer, words);
  const { status, detail, retryAfter } = told;
  if (wantsJson(request)) return sendProblem(response, told);
  if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter));
  response.status(status);
  if (status === 429) response.send(renderPage('too-many', { retryAfterSeconds: retryAfter ?? 60 }, page));
  else {
    const title = words.t(titles[status] ?? 'errors.titleOther');
    response.send(renderPage('error', { status, title, detail }, page));
  }
}

/** The page for a caller that has sent too many forms. */
export function sendTooMany(request: Request, response: Response, retryAfter: number): void {
  sendError(
    request,
    response,
    readerProblem(429, 'too-many-requests', { key: 'errors.tooManyRequests' }, { retryAfter }),
  );
}

/**
 * Redirects to the same page after a POST, so that Back and reload do not post again. The clicked language
 * stays.
 */
export function seeOther(
  request: Request,
  response: Response,
  query: Readonly<Record<string, string>> = {},
  path = request.originalUrl.replace(/[?#].*$/s, ''),
): void {
  const { lang } = request.query;
  const clicked = languageOf(typeof lang === 'string' ? lang : undefined);
  const parameters = new URLSearchParams({ ...query, ...(clicked === undefined ? {} : { lang: clicked }) });
  const text = parameters.toString();
  response.redirect(303, text === '' ? path : `${path}?${text}`);
}

/** Limits the forms on the pages that links of our mails open. A limit for each caller. */
export const limitLinks = (deps: {
  db: Db;
  subscribeLimits: Pick<SubscribeLimits, 'linksPerCaller'>;
}): RequestHandler =>
  limitCallers(deps, { name: 'links', allowance: deps.subscribeLimits.linksPerCaller, refuse: sendTooMany });

/**
 * Keeps links with a token out of caches, search engines and other sites' logs: a token opens one
 * subscription.
 */
export const keepTokenPrivate: RequestHandler = (_request, response, next) => {
  response.set({
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Robots-Tag': 'noindex, nofollow',
  });
  next();
};

/** The page for a link that this service never made. */
export function sendUnknownLink(request: Request, response: Response): void {
  const page = pageLanguage(request, response);
  response.status(404).send(renderPage('link-invalid', { reason: 'unknown' }, page));
}

/** Answers lost infrastructure and broken requests; passes bugs on to the application. */
export const answerExpected: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const expected = expectedProblem(error);
  if (expected === undefined || response.headersSent) return next(error);
  return sendError(request, response, expected);
};
