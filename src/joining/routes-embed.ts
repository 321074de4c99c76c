// The form for other sites: the page from which the publisher copies it, the form in a frame, and the script.
import { readFileSync } from 'node:fs';
import express, { type Request, type Router } from 'express';
import type { SubscribeLimits } from '../config/limits.js';
import type { Db } from '../db.js';
import { isFromAnotherSite } from '../form-sightings/from-another-site.js';
import { openSightings } from '../form-sightings/sightings.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import { pageLanguage } from '../languages/routes-language.js';
import { translator } from '../languages/translate.js';
import { readerProblem } from '../problem.js';
import type { Secrets } from '../secrets.js';
import { renderPage } from '../templating/templates.js';
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
  /** The button's colours for a brand colour (#rrggbb). */
  brandButton: (brand: string) => { accent: string; onAccent: string };
}

/** Bundled and minified by build.js. */
const script = readFileSync(new URL('../../templates/pages/embed.js', import.meta.url), 'utf8');

const notFound = readerProblem(404, 'not-found', { key: 'errors.notFound' });

export function embedRoutes(deps: EmbedDeps): Router {
  const { db, baseUrl, brandButton } = deps;
  const guardForm = openFormGuard(deps);
  const noteSighting = openSightings(deps);
  const note = async (request: Request, as: 'script' | 'iframe', newsletterId: string): Promise<void> => {
    if (isFromAnotherSite(request, as, baseUrl)) await noteSighting(newsletterId);
  };
  const router = express.Router();

  router.get('/n/:slug/embed.js', async (request, response) => {
    const newsletter = await getNewsletterBySlug(db, request.params.slug);
    if (newsletter === undefined) return sendError(request, response, notFound);
    await note(request, 'script', newsletter.id);
    const { locale } = pageLanguage(request, response, { newsletter: newsletter.language, embedded: true });
    response.set('Cache-Control', 'public, max-age=3600').type('js');
    const button = brandButton(newsletter.look.brandColour);
    response.send(embedScript(script, newsletter, { baseUrl, words: translator(locale), button }));
  });

  router.get('/n/:slug/embed', async (request, response) => {
    const shown = await showNewsletter({ db }, { slug: request.params.slug });
    if (shown === undefined) return sendError(request, response, notFound);
    const { newsletter } = shown;
    if (isFramed(request)) {
      await note(request, 'iframe', newsletter.id);
      allowFraming(response);
      const framed = pageLanguage(request, response, { newsletter: newsletter.language, embedded: true });
      return response.send(framedForm(shown, guardForm, framed));
    }
    const page = pageLanguage(request, response, { newsletter: newsletter.language });
    // The page is in the publisher's language. The form is in the readers' language, unless the publisher
    // clicked on another.
    const words = translator(page.keep === '' ? newsletter.language : page.locale);
    const code = embedCode(newsletter, { baseUrl, words, keep: page.keep });
    return response.send(renderPage('embed', { newsletter: pageNewsletter(newsletter), code }, page));
  });

  return router;
}
