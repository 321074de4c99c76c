import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { listIssues } from '../reports/progress.js';
import { listFeeds } from '../feeds/list-feeds.js';
import { assembleNow } from '../issues/assemble-now.js';
import { previewNext } from '../issues/preview-next.js';
import { nextSlot, ownReadingTime } from '../newsletters/due.js';
import { listNewsletters } from '../newsletters/get-newsletter.js';
import { translator } from '../languages/translate.js';
import { scheduleInWords } from '../newsletters/schedule-words.js';
import type { Newsletter } from '../newsletters/schema.js';
import { countReaders } from '../subscribers/count-readers.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter } from './find-newsletter.js';
import { redirectWith, sendMessage, sendPage, sendSandboxed } from './page.js';
import { feedBadge } from './routes-feeds.js';
import { actorOf, requireForm } from './session.js';
import { sizeInWords } from './size-words.js';

const recentIssues = 10;

function nextOf(deps: ConsoleDeps, { schedule, timezone }: Newsletter): Date | undefined {
  return nextSlot(ownReadingTime(schedule, timezone), deps.now());
}

function unsignedDomain(deps: ConsoleDeps, { from }: Newsletter): string | undefined {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return deps.goesUnsigned(domain) ? domain : undefined;
}

async function overviewRow(deps: ConsoleDeps, newsletter: Newsletter): Promise<object> {
  const { id, slug, name, schedule, timezone, postalAddress, listed } = newsletter;
  const [feeds, issues, readers] = await Promise.all([
    listFeeds(deps.db, { newsletterId: id, limit: 200, now: deps.now() }),
    listIssues(deps.db, { newsletterId: id, limit: 1 }),
    countReaders(deps.db, id),
  ]);
  return {
    slug,
    name,
    timezone,
    when: scheduleInWords(schedule, timezone, translator('en')),
    next: postalAddress === null ? undefined : nextOf(deps, newsletter),
    readers,
    listed,
    feeds: feeds.data.length,
    failing: feeds.data.filter(({ status }) => status === 'failing' || status === 'gone').length,
    held: feeds.data.reduce((sum, feed) => sum + feed.held, 0),
    last: issues[0],
  };
}

async function showAll(deps: ConsoleDeps, res: Response): Promise<void> {
  const newsletters = await listNewsletters(deps.db);
  sendPage(res, 'newsletters', {
    newsletters: await Promise.all(newsletters.map((newsletter) => overviewRow(deps, newsletter))),
  });
}

async function show(deps: ConsoleDeps, newsletter: Newsletter, _req: Request, res: Response): Promise<void> {
  const newsletterId = newsletter.id;
  const [next, feeds, issues, readers] = await Promise.all([
    previewNext(deps, { newsletterId }),
    listFeeds(deps.db, { newsletterId, limit: 200, now: deps.now() }),
    listIssues(deps.db, { newsletterId, limit: recentIssues }),
    countReaders(deps.db, newsletterId),
  ]);
  sendPage(res, 'newsletter', {
    newsletter,
    unsigned: unsignedDomain(deps, newsletter),
    when: scheduleInWords(newsletter.schedule, newsletter.timezone, translator('en')),
    next: next && {
      ...next,
      subject: next.rendered?.subject,
      size: next.rendered && sizeInWords(next.rendered),
      rendered: undefined,
    },
    total: next ? next.posts.length + next.more : 0,
    sendable: next?.rendered !== undefined && next.readers > 0 && newsletter.postalAddress !== null,
    held: newsletter.schedule.review === 'hold',
    feeds: feeds.data.map((feed) => ({ ...feed, badge: feedBadge(feed.status) })),
    issues,
    readers,
  });
}

async function showNext(deps: ConsoleDeps, { id }: Newsletter, _req: Request, res: Response): Promise<void> {
  const next = await previewNext(deps, { newsletterId: id });
  if (next?.rendered) sendSandboxed(res, next.rendered.html);
  else sendMessage(res, 404, 'Nothing new', 'There are no new posts since the last issue.');
}

/** The page that asks whether to send now, with the counts of a dry run. */
async function confirmSend(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  _req: Request,
  res: Response,
): Promise<void> {
  const back = `/console/newsletters/${newsletter.slug}`;
  const result = await assembleNow(deps, { newsletterId: newsletter.id, dryRun: true });
  if (result.status === 'would-send') sendPage(res, 'send', { newsletter, back, ...result.dryRun });
  else redirectWith(res, back, result.status === 'skipped' ? result.reason : 'nothing-new');
}

async function send(deps: ConsoleDeps, newsletter: Newsletter, _req: Request, res: Response): Promise<void> {
  const result = await assembleNow(deps, { newsletterId: newsletter.id });
  if (result.status !== 'created') {
    const reason =
      result.status === 'skipped'
        ? result.reason
        : result.status === 'sending-held'
          ? result.status
          : 'nothing-new';
    return redirectWith(res, `/console/newsletters/${newsletter.slug}`, reason);
  }
  const subject = `issue:${result.issueId}`;
  await recordAudit(deps, { actor: actorOf(res), action: 'issue.assemble', subject });
  res.redirect(303, `/console/issues/${result.issueId}`);
}

export function newsletterRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const newsletter = aboutNewsletter(deps);
  router.get('/', (_req, res) => showAll(deps, res));
  router.get('/newsletters/:slug', newsletter(show));
  router.get('/newsletters/:slug/next', newsletter(showNext));
  router.get('/newsletters/:slug/send', newsletter(confirmSend));
  router.post('/newsletters/:slug/send', requireForm(deps), newsletter(send));
  return router;
}
