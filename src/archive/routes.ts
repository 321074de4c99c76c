// The archive: a newsletter's issues on the web, and as feeds. It is open to all, to none, or to readers
// only, who have the key from the links in their mail. No cookie is read or set.
import express, { type Request, type Response, type Router } from 'express';
import type { Db } from '../db.js';
import type { PageLanguage } from '../languages/page-language.js';
import { pageLanguage } from '../languages/routes-language.js';
import { translator } from '../languages/translate.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import { archiveUrl, issueUrl } from '../digest/issue-url.js';
import type { Newsletter } from '../newsletters/schema.js';
import { readerProblem } from '../problem.js';
import type { Secrets } from '../secrets.js';
import { mayReadArchive } from '../preferences/read-archive.js';
import { pageNewsletter, sendError } from '../joining/routes-pages.js';
import { formView } from '../joining/form-view.js';
import { renderPage } from '../templating/templates.js';
import { dateInWords } from '../text/words.js';
import { jsonFeedOf, rssOf } from './feed-documents.js';
import { issueFeed } from './issue-feed.js';
import { listArchive } from './list-archive.js';
import { showIssue, type ShownIssue } from './show-issue.js';

interface ArchiveDeps {
  db: Db;
  secrets: Secrets;
  /** Without a slash at its end. */
  baseUrl: string;
}

const notFound = readerProblem(404, 'not-found', { key: 'errors.notFound' });

const forReaders = (newsletter: string) =>
  readerProblem(403, 'for-readers', { key: 'errors.forReaders', args: { newsletter } });

const numberOf = (text: unknown): number | undefined =>
  typeof text === 'string' && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;

/**
 * Pictures are on the publisher's hosts, which we do not know. On a trial without https they may lack it too.
 */
function issuePolicy(baseUrl: string): string {
  const images = baseUrl.startsWith('https:') ? 'https:' : 'https: http:';
  return (
    `default-src 'none'; style-src 'self'; img-src 'self' ${images}; form-action 'self'; ` +
    `base-uri 'none'; frame-ancestors 'none'`
  );
}

function issueView(
  found: Found,
  issue: ShownIssue,
  { baseUrl, page }: { baseUrl: string; page: PageLanguage },
) {
  const { newsletter } = found;
  const { number, headline, slot, posts, description, image, older, newer } = issue;
  return {
    newsletter: pageNewsletter(newsletter),
    number,
    headline,
    slot,
    date: dateInWords(slot, newsletter.timezone, page.locale),
    ...placeOf(found),
    ...(found.key === undefined
      ? {
          social: {
            title: headline,
            description,
            url: issueUrl(baseUrl, newsletter.slug, number),
            ...(image === undefined ? {} : { image }),
          },
        }
      : {}),
    headlinesOnly: newsletter.content === 'headlines',
    posts,
    also: issue.also.map(({ title, url }) => (url === null ? { title } : { title, url })),
    ...(older === null ? {} : { older }),
    ...(newer === null ? {} : { newer }),
    form: formView(newsletter, translator(page.locale), { short: true }),
  };
}

/** A newsletter whose issues may be shown; with the reader's key, if only readers may see them. */
interface Found {
  newsletter: Newsletter;
  key: string | undefined;
}

export function archiveRoutes(deps: ArchiveDeps): Router {
  const router = express.Router();
  for (const archive of ['/n/:slug', '/n/:slug/readers/:key']) {
    router.get(`${archive}/issues`, (request, response) => sendList(deps, request, response));
    router.get(`${archive}/issues/:number`, (request, response) => sendIssue(deps, request, response));
    // Express compares the response with If-None-Match and If-Modified-Since, and answers 304 (RFC 9110
    // section 13).
    router.get(`${archive}/feed.xml`, async (request, response) => {
      const found = await find(deps, request, response);
      if (found === undefined) return;
      const feed = await issueFeed(deps, { ...found, file: 'feed.xml' });
      cacheFeed(response, found, feed.updatedAt);
      response.type('application/rss+xml').send(rssOf(feed));
    });
    router.get(`${archive}/feed.json`, async (request, response) => {
      const found = await find(deps, request, response);
      if (found === undefined) return;
      const feed = await issueFeed(deps, { ...found, file: 'feed.json' });
      cacheFeed(response, found, feed.updatedAt);
      response.type('application/feed+json').send(JSON.stringify(jsonFeedOf(feed)));
    });
  }
  return router;
}

/** Undefined: there is none, or the caller may not see its issues. The response is sent then. */
async function find(deps: ArchiveDeps, request: Request, response: Response): Promise<Found | undefined> {
  const newsletter = await getNewsletterBySlug(deps.db, String(request.params['slug']));
  const { key } = request.params;
  if (newsletter?.archive === 'public') return { newsletter, key: undefined };
  if (newsletter?.archive !== 'subscribers') sendError(request, response, notFound);
  else if (typeof key === 'string' && (await mayReadArchive(deps, { newsletterId: newsletter.id, key })))
    return { newsletter, key };
  else sendError(request, response, forReaders(newsletter.name));
  return undefined;
}

async function sendList(deps: ArchiveDeps, request: Request, response: Response): Promise<void> {
  const found = await find(deps, request, response);
  if (found === undefined) return;
  const { newsletter } = found;
  const before = numberOf(request.query['before']);
  const { issues, hasNewer, newerBefore, olderBefore } = await listArchive(deps, { newsletter, before });
  const page = pageLanguage(request, response, { newsletter: newsletter.language });
  keepFor(response, found, 60);
  response.send(
    renderPage(
      'archive',
      {
        newsletter: pageNewsletter(newsletter),
        ...placeOf(found),
        timezone: newsletter.timezone,
        issues,
        hasNewer,
        ...(newerBefore === undefined ? {} : { newerBefore }),
        ...(olderBefore === undefined ? {} : { olderBefore }),
      },
      page,
    ),
  );
}

async function sendIssue(deps: ArchiveDeps, request: Request, response: Response): Promise<void> {
  const found = await find(deps, request, response);
  if (found === undefined) return;
  const { db, baseUrl } = deps;
  const number = numberOf(request.params['number']);
  const { newsletter } = found;
  const page = pageLanguage(request, response, { newsletter: newsletter.language });
  const issue =
    number === undefined ? undefined : await showIssue({ db }, { newsletter, number, language: page.locale });
  if (issue === undefined) return sendError(request, response, notFound);
  keepFor(response, found, 300);
  response.set('Content-Security-Policy', issuePolicy(baseUrl));
  response.send(renderPage('issue', issueView(found, issue, { baseUrl, page }), page));
}

/** The start of the pages' links, and whether others may know them. */
const placeOf = ({ newsletter, key }: Found) => ({
  archiveUrl: archiveUrl('', newsletter.slug, key),
  private: key !== undefined,
});

/** A page for one reader: no cache keeps it, and no linked site learns its address. */
function keepFor(response: Response, { key }: Found, seconds: number): void {
  if (key === undefined) response.set('Cache-Control', `public, max-age=${seconds}`);
  else
    response.set({
      'Cache-Control': 'private, no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Robots-Tag': 'noindex, nofollow',
    });
}

function cacheFeed(response: Response, found: Found, updatedAt: Date | undefined): void {
  keepFor(response, found, 300);
  if (found.key === undefined) response.set('Access-Control-Allow-Origin', '*');
  if (updatedAt !== undefined) response.set('Last-Modified', updatedAt.toUTCString());
}
