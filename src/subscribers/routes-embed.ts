// The form for other sites: the page that a publisher copies it from, the form in a frame, and the script.
import { readFileSync } from 'node:fs';
import express, { type Router } from 'express';
import type { SubscribeLimits } from '../config-limits.js';
import type { Db } from '../db.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import { readerProblem } from '../problem.js';
import type { Secrets } from '../secrets.js';
import { pageScript, renderPage } from '../templates.js';
import { embedCode, embedScript } from './embed.js';
import { openFormGuard } from './form-guard.js';
import { allowFraming, framedForm, pageNewsletter, sendError } from './routes-pages.js';
import { isFramed } from './routes-request.js';
import { showNewsletter } from './show-newsletter.js';

interface EmbedDeps {
  db: Db;
  /** Without a slash at its end. */
  baseUrl: string;
  secrets: Secrets;
  now: () => Date;
  subscribeLimits: SubscribeLimits;
}

const domainHint = readFileSync(new URL('domain-hint.js', import.meta.url), 'utf8');

const notFound = readerProblem(404, 'not-found', { key: 'errors.notFound' });

export function embedRoutes(deps: EmbedDeps): Router {
  const { db, baseUrl } = deps;
  const guardForm = openFormGuard(deps);
  const router = express.Router();

  router.get('/n/:slug/embed.js', async (request, response) => {
    const newsletter = await getNewsletterBySlug(db, request.params.slug);
    if (newsletter === undefined) return sendError(request, response, notFound);
    response.set('Cache-Control', 'public, max-age=3600');
    response
      .type('js')
      .send(embedScript({ source: pageScript('embed.js'), domainHint }, newsletter, baseUrl));
  });

  router.get('/n/:slug/embed', async (request, response) => {
    const shown = await showNewsletter({ db }, { slug: request.params.slug });
    if (shown === undefined) return sendError(request, response, notFound);
    const { newsletter } = shown;
    if (isFramed(request)) {
      allowFraming(response);
      return response.send(framedForm(shown, guardForm));
    }
    return response.send(
      renderPage('embed', { newsletter: pageNewsletter(newsletter), code: embedCode(newsletter, baseUrl) }),
    );
  });

  return router;
}
