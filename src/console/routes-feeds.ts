// A newsletter's feeds: finding and adding one, its health, and what the anomaly guard holds.
import express, { type Request, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { addFeed } from '../feeds/add-feed.js';
import { discoverFeeds } from '../feeds/discover-feeds.js';
import { feedKinds } from '../formats/document.js';
import type { FeedJson } from '../feeds/feed-json.js';
import { getFeed } from '../feeds/list-feeds.js';
import { pollFeed } from '../feeds/poll-feed.js';
import { settleFeed } from '../feeds/settle-feed.js';
import { updateFeed } from '../feeds/update-feed.js';
import type { Newsletter } from '../newsletters/schema.js';
import { heldTitles } from '../posts/settle-held.js';
import type { ConsoleDeps } from './deps.js';
import { newsletterFinder } from './find-newsletter.js';
import { redirectWith, sendMessage, sendPage, type Notice } from './page.js';
import { actorOf, requireForm } from './session.js';

/** The colour of a feed's status. */
export const feedBadge = (status: FeedJson['status']): string =>
  status === 'failing' || status === 'gone' ? 'failed' : status;

const field = (req: Request, name: string): string => {
  const value: unknown = (req.body as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value.trim() : '';
};

export function feedRoutes(deps: ConsoleDeps): Router {
  const { db } = deps;
  const router = express.Router();

  const findNewsletter = newsletterFinder(db);
  const findFeed = async (
    req: Request,
    res: Response,
  ): Promise<{ newsletter: Newsletter; feed: FeedJson; page: string } | undefined> => {
    const newsletter = await findNewsletter(req, res);
    if (!newsletter) return undefined;
    const feed = await getFeed(db, String(req.params['id']), deps.now());
    if (feed?.newsletterId === newsletter.id)
      return { newsletter, feed, page: `/console/newsletters/${newsletter.slug}/feeds/${feed.id}` };
    sendMessage(res, 404, 'Feed not found', 'It may have been removed.');
    return undefined;
  };
  const audit = (res: Response, action: string, feedId: string): Promise<void> =>
    recordAudit(deps, { actor: actorOf(res), action, subject: `feed:${feedId}` });

  router.get('/newsletters/:slug/feeds/new', async (req, res) => {
    const newsletter = await findNewsletter(req, res);
    if (newsletter) sendPage(res, 'feed-new', { newsletter });
  });

  // A POST, as it makes us call a stranger's server.
  router.post('/newsletters/:slug/feeds/discover', requireForm(deps), async (req, res) => {
    const newsletter = await findNewsletter(req, res);
    if (!newsletter) return;
    const address = field(req, 'url');
    const found = await discoverFeeds(deps, { url: address });
    const feeds = found.status === 'found' ? found.feeds : [];
    sendPage(
      res,
      'feed-new',
      { newsletter, address, searched: true, feeds, problem: feeds.length > 0 ? undefined : found.detail },
      { status: feeds.length > 0 ? 200 : 422 },
    );
  });

  router.post('/newsletters/:slug/feeds', requireForm(deps), async (req, res) => {
    const newsletter = await findNewsletter(req, res);
    if (!newsletter) return;
    const kind = feedKinds.find((name) => name === field(req, 'kind'));
    const added = await addFeed(deps, { newsletterId: newsletter.id, url: field(req, 'url'), kind });
    const back = `/console/newsletters/${newsletter.slug}`;
    if (added.status === 'added') {
      await audit(res, 'feed.add', added.feed.id);
      return redirectWith(res, `${back}/feeds/${added.feed.id}`, 'feed-added');
    }
    redirectWith(res, back, added.status === 'duplicate' ? 'feed-exists' : 'feed-refused');
  });

  router.get('/newsletters/:slug/feeds/:id', async (req, res) => {
    const found = await findFeed(req, res);
    if (!found) return;
    const { newsletter, feed } = found;
    const titles = feed.held > 0 ? await heldTitles(db, feed.id) : [];
    sendPage(res, 'feed', {
      newsletter,
      feed,
      badge: feedBadge(feed.status),
      titles,
      moreTitles: feed.held - titles.length,
      isStopped: feed.nextPollAt === null,
    });
  });

  router.post('/newsletters/:slug/feeds/:id/poll', requireForm(deps), async (req, res) => {
    const found = await findFeed(req, res);
    if (!found) return;
    await pollFeed(deps, { feedId: found.feed.id });
    redirectWith(res, found.page, 'polled');
  });

  for (const [action, notice] of [
    ['release', 'held-released'],
    ['known', 'held-known'],
  ] as const satisfies readonly (readonly [string, Notice])[])
    router.post(`/newsletters/:slug/feeds/:id/held/${action}`, requireForm(deps), async (req, res) => {
      const found = await findFeed(req, res);
      if (!found) return;
      await settleFeed(deps, { feedId: found.feed.id, action });
      await audit(res, 'feed.settle-held', found.feed.id);
      redirectWith(res, found.page, notice);
    });

  for (const [action, disabled, notice] of [
    ['stop', true, 'feed-stopped'],
    ['resume', false, 'feed-resumed'],
  ] as const satisfies readonly (readonly [string, boolean, Notice])[])
    router.post(`/newsletters/:slug/feeds/:id/${action}`, requireForm(deps), async (req, res) => {
      const found = await findFeed(req, res);
      if (!found) return;
      await updateFeed(deps, { feedId: found.feed.id, disabled });
      await audit(res, 'feed.change', found.feed.id);
      redirectWith(res, found.page, notice);
    });
  return router;
}
