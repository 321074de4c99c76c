// POST /n/:slug/subscribe: from our page, from a form on any site, or from a script.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../db.js';
import type { Newsletter } from '../newsletters/schema.js';
import { problem } from '../problem.js';
import type { Enqueue } from '../queues.js';
import type { Secrets } from '../secrets.js';
import { renderPage } from '../templates.js';
import { openCallerLimit, type CallerLimit } from './caller-limit.js';
import { suggestionFor } from './domain-hint.js';
import { answerMs } from './limits.js';
import { allowFraming, framedForm, newsletterPage, pageNewsletter, sendError } from './routes-pages.js';
import { caller, isFramed, readFields, wantsJson } from './routes-request.js';
import { showNewsletter } from './show-newsletter.js';
import { subscribe } from './subscribe.js';
import { parseUrl } from '../parse-url.js';

export interface SubscribeRouteDeps {
  db: Database;
  enqueue: Enqueue;
  secrets: Secrets;
  now: () => Date;
  /** Left out: the limits of limits.ts, counted in the database. */
  callerLimit?: CallerLimit;
}

const bodyLimit = '16kb';

// Any site may carry the form, in a script too. No cookie is read here, so there is nothing to protect by origin.
const allowAnyOrigin: RequestHandler = (request, response, next) => {
  response.set({ 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': 'Retry-After' });
  if (request.method !== 'OPTIONS') return next();
  response.set({
    'Access-Control-Allow-Methods': 'POST',
    'Access-Control-Allow-Headers': 'Content-Type',
    'Access-Control-Max-Age': '86400',
  });
  response.status(204).end();
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Where the form wants to go next, if that is on the newsletter's own site; nobody else's links lead through us. */
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
  { newsletter, fields }: { newsletter: Newsletter; fields: Readonly<Record<string, unknown>> },
): void {
  if (wantsJson(request)) {
    response.status(202).json({ status: 'accepted' });
    return;
  }
  const target = allowedRedirect(newsletter, fields['redirect']);
  if (target !== undefined) response.redirect(303, target);
  else {
    const email = text(fields['email']).trim();
    const suggestion = suggestionFor(email);
    const view = { newsletter: pageNewsletter(newsletter), email, frame: isFramed(request) };
    response.send(
      renderPage('check-inbox', { ...view, ...(suggestion === undefined ? {} : { suggestion }) }),
    );
  }
}

export function subscribeRoute(deps: SubscribeRouteDeps): Router {
  const { db } = deps;
  const callerLimit = deps.callerLimit ?? openCallerLimit(db);
  const router = express.Router({ mergeParams: true });

  const limitCaller: RequestHandler = async (request, response, next) => {
    const retryAfter = await callerLimit.take(request.ip ?? '');
    if (retryAfter === undefined) return next();
    const detail = 'Too many requests came from your network. Please try again later.';
    return sendError(request, response, problem(429, 'too-many-requests', detail, { retryAfter }));
  };

  router.use(allowAnyOrigin, (request, response, next) => {
    if (isFramed(request)) allowFraming(response);
    next();
  });
  router.post(
    '/',
    limitCaller,
    express.raw({ type: () => true, limit: bodyLimit }),
    async (request: Request<{ slug: string }>, response) => {
      const raw: unknown = request.body;
      const body = Buffer.isBuffer(raw) ? raw : Buffer.alloc(0);
      const fields = await readFields(body, request.get('content-type') ?? '');
      if (!fields)
        return sendError(request, response, problem(400, 'malformed-body', 'The body cannot be read.'));
      const { slug } = request.params;
      const input = { slug, body: fields, origin: request.get('origin'), ...caller(request) };
      const [result] = await Promise.all([subscribe(deps, input), delay(answerMs)]);
      switch (result.status) {
        case 'accepted':
          return sendAccepted(request, response, { newsletter: result.newsletter, fields });
        case 'unknown-newsletter':
          return sendError(request, response, problem(404, result.status, 'There is no such newsletter.'));
        case 'invalid': {
          if (wantsJson(request))
            return sendError(request, response, problem(400, result.code, result.reason));
          const shown = await showNewsletter({ db }, { slug });
          if (!shown) return sendError(request, response, problem(404, 'unknown-newsletter', 'It is gone.'));
          const page = isFramed(request) ? framedForm : newsletterPage;
          const { reason: problemText, field } = result;
          return response.status(400).send(page(shown, { problem: problemText, field, typed: fields }));
        }
      }
    },
  );
  return router;
}
