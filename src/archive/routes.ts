// The archive: a newsletter's issues on the web, and as feeds. For everybody or nobody, so no cookie is read or set.
import express, { type Request, type Response, type Router } from 'express';
import type { Db } from '../db.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import { issueUrl } from '../issues/issue-url.js';
import type { Newsletter } from '../newsletters/schema.js';
import { readerProblem } from '../problem.js';
import { pageNewsletter, sendError } from '../subscribers/routes-pages.js';
import { formView } from '../subscribers/form-view.js';
import { renderPage } from '../templates.js';
import { dateInWords } from '../words.js';
import { jsonFeedOf, rssOf } from './feed-documents.js';
import { issueFeed } from './issue-feed.js';
import { listArchive } from './list-archive.js';
import { showIssue, type ShownIssue } from './show-issue.js';

interface ArchiveDeps {
  db: Db;
  /** Without a slash at its end. */
  baseUrl: string;
}

const notFound = readerProblem(404, 'not-found', { key: 'errors.notFound' });

const numberOf = (text: unknown): number | undefined =>
  typeof text === 'string' && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;

/** The pictures are on the publisher's hosts, which we do not know; on a trial without https, so may they be. */
function issuePolicy(baseUrl: string): string {
  const images = baseUrl.startsWith('https:') ? 'https:' : 'https: http:';
  return (
    `default-src 'none'; style-src 'self'; img-src 'self' ${images}; form-action 'self'; ` +
    `base-uri 'none'; frame-ancestors 'none'`
  );
}

function issueView(newsletter: Newsletter, issue: ShownIssue, baseUrl: string) {
  const { number, headline, slot, posts, description, image, older, newer } = issue;
  return {
    newsletter: pageNewsletter(newsletter),
    number,
    headline,
    slot,
    date: dateInWords(slot, newsletter.timezone, newsletter.language),
    social: {
      title: headline,
      description,
      url: issueUrl(baseUrl, newsletter.slug, number),
      ...(image === undefined ? {} : { image }),
    },
    headlinesOnly: newsletter.content === 'headlines',
    posts,
    also: issue.also.map(({ title, url }) => (url === null ? { title } : { title, url })),
    ...(older === null ? {} : { older }),
    ...(newer === null ? {} : { newer }),
    form: formView(newsletter, { short: true }),
  };
}

export function archiveRoutes(deps: ArchiveDeps): Router {
  const { db, baseUrl } = deps;
  const router = express.Router();

  /** Undefined: there is none, or its issues are nobody's business; the answer is out. */
  const find = async (request: Request, response: Response): Promise<Newsletter | undefined> => {
    const newsletter = await getNewsletterBySlug(db, String(request.params['slug']));
    if (newsletter?.archive === 'public') return newsletter;
    sendError(request, response, notFound);
    return undefined;
  };

  router.get('/n/:slug/issues', async (request, response) => {
    const newsletter = await find(request, response);
    if (newsletter === undefined) return;
    const before = numberOf(request.query['before']);
    const { issues, hasNewer, newerBefore, olderBefore } = await listArchive({ db }, { newsletter, before });
    response.set('Cache-Control', 'public, max-age=60').send(
      renderPage('archive', {
        newsletter: pageNewsletter(newsletter),
        timezone: newsletter.timezone,
        issues,
        hasNewer,
        ...(newerBefore === undefined ? {} : { newerBefore }),
        ...(olderBefore === undefined ? {} : { olderBefore }),
      }),
    );
  });

  router.get('/n/:slug/issues/:number', async (request, response) => {
    const newsletter = await find(request, response);
    if (newsletter === undefined) return;
    const number = numberOf(request.params.number);
    const issue = number === undefined ? undefined : await showIssue({ db }, { newsletter, number });
    if (issue === undefined) return sendError(request, response, notFound);
    response.set({
      'Cache-Control': 'public, max-age=300',
      'Content-Security-Policy': issuePolicy(baseUrl),
    });
    response.send(renderPage('issue', issueView(newsletter, issue, baseUrl)));
  });

  // Express compares what comes out with If-None-Match and If-Modified-Since, and answers 304 (RFC 9110 section 13).
  router.get('/n/:slug/feed.xml', async (request, response) => {
    const newsletter = await find(request, response);
    if (newsletter === undefined) return;
    const feed = await issueFeed(deps, { newsletter, file: 'feed.xml' });
    cacheFeed(response, feed.updatedAt);
    response.type('application/rss+xml').send(rssOf(feed));
  });

  router.get('/n/:slug/feed.json', async (request, response) => {
    const newsletter = await find(request, response);
    if (newsletter === undefined) return;
    const feed = await issueFeed(deps, { newsletter, file: 'feed.json' });
    cacheFeed(response, feed.updatedAt);
    response.type('application/feed+json').send(JSON.stringify(jsonFeedOf(feed)));
  });

  return router;
}

function cacheFeed(response: Response, updatedAt: Date | undefined): void {
  response.set({ 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' });
  if (updatedAt !== undefined) response.set('Last-Modified', updatedAt.toUTCString());
}
