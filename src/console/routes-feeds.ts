// A newsletter's feeds: finding and adding one, its health, and what the anomaly guard holds.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import type { AuditAction } from '../accounts/audit-actions.js';
import { addFeed } from '../feeds/add-feed.js';
import { discoverFeeds } from '../feeds/discover-feeds.js';
import { feedKinds } from '../formats/document.js';
import type { FeedJson } from '../feeds/feed-json.js';
import { getFeed, listFeeds } from '../feeds/list-feeds.js';
import { pollFeed } from '../feeds/poll-feed.js';
import { removeFeed } from '../feeds/remove-feed.js';
import { settleFeed } from '../feeds/settle-feed.js';
import { updateFeed } from '../feeds/update-feed.js';
import type { Newsletter } from '../newsletters/schema.js';
import { latestOf } from '../posts/list-posts.js';
import { heldTitles } from '../posts/settle-held.js';
import type { ConsoleDeps } from './deps.js';
import { aboutNewsletter, findNewsletter } from './find-newsletter.js';
import { formField } from './form-field.js';
import { feedSettingsTyped, feedSettingsView, readFeedForm, withFeedProblem } from './feeds/settings-form.js';
import { feedKindNames } from './feeds/words.js';
import type { Notice } from './notices/notices.js';
import { redirectWith, sendMessage, sendPage, timeWordsOf, translatorOf } from './page.js';
import { saveForm } from './saving/save-form.js';
import { actorOf, requireForm, requirePermission } from './session.js';

/** The colour of a feed's status. */
export const feedBadge = (status: FeedJson['status']): string =>
  status === 'failing' || status === 'gone' ? 'failed' : status;

/** The feed that an address names, its newsletter, and the path of its page. */
interface Found {
  newsletter: Newsletter;
  feed: FeedJson;
  page: string;
}

type Act = (deps: ConsoleDeps, found: Found, res: Response, req: Request) => Promise<void>;

/** Makes a request handler of an act: finds the feed first. */
const aboutFeed =
  (deps: ConsoleDeps) =>
  (act: Act): RequestHandler =>
  async (req, res) => {
    const newsletter = await findNewsletter(deps.db, req, res);
    if (!newsletter) return;
    const words = timeWordsOf(res, newsletter.timezone);
    const feed = await getFeed(deps.db, String(req.params['id']), deps.now(), words);
    if (feed?.newsletterId !== newsletter.id)
      return sendMessage(res, 404, words.t('feeds.missing'), words.t('feeds.missingWhy'));
    await act(
      deps,
      { newsletter, feed, page: `/console/newsletters/${newsletter.slug}/feeds/${feed.id}` },
      res,
      req,
    );
  };

const audit = (deps: ConsoleDeps, res: Response, action: AuditAction, feedId: string): Promise<void> =>
  recordAudit(deps, { actor: actorOf(res), action, subject: `feed:${feedId}` });

async function showAll(
  deps: ConsoleDeps,
  newsletter: Newsletter,
  _req: Request,
  res: Response,
): Promise<void> {
  const feeds = await listFeeds(deps.db, {
    newsletterId: newsletter.id,
    limit: 200,
    now: deps.now(),
    words: timeWordsOf(res, newsletter.timezone),
  });
  sendPage(res, 'feeds', {
    newsletter,
    feeds: feeds.data.map((feed) => ({ ...feed, badge: feedBadge(feed.status) })),
  });
}

async function showSearch(
  _: ConsoleDeps,
  newsletter: Newsletter,
  req: Request,
  res: Response,
): Promise<void> {
  const { url } = req.query;
  sendPage(res, 'feed-new', { newsletter, address: typeof url === 'string' ? url : undefined });
}

async function search(deps: ConsoleDeps, newsletter: Newsletter, req: Request, res: Response): Promise<void> {
  const address = formField(req, 'url');
  const found = await discoverFeeds(deps, { url: address });
  const feeds = found.status === 'found' ? found.feeds : [];
  const problem = found.problem === null ? undefined : translatorOf(res).say(found.problem.reason);
  sendPage(
    res,
    'feed-new',
    {
      newsletter,
      address,
      searched: true,
      feeds: feeds.map((feed) => ({ ...feed, kindName: feedKindNames[feed.kind] })),
      problem,
    },
    { status: feeds.length > 0 ? 200 : 422 },
  );
}

async function add(deps: ConsoleDeps, newsletter: Newsletter, req: Request, res: Response): Promise<void> {
  const kind = feedKinds.find((name) => name === formField(req, 'kind'));
  // Polled here, so that the next page shows what came. If this process ends before, the sweep polls.
  const enqueue = () => Promise.resolve(true);
  const added = await addFeed(
    { ...deps, enqueue },
    { newsletterId: newsletter.id, url: formField(req, 'url'), kind },
  );
  const back = `/console/newsletters/${newsletter.slug}`;
  if (added.status === 'added') {
    await audit(deps, res, 'feed.add', added.feed.id);
    await pollFeed(deps, { feedId: added.feed.id });
    return redirectWith(res, `${back}/feeds/${added.feed.id}`, 'feed-added');
  }
  redirectWith(res, back, added.status === 'duplicate' ? 'feed-exists' : 'feed-refused');
}

async function show(deps: ConsoleDeps, found: Found, res: Response): Promise<void> {
  await sendFeed(deps, found, res);
}

async function sendFeed(
  { db }: ConsoleDeps,
  { newsletter, feed }: Found,
  res: Response,
  again?: Parameters<typeof feedSettingsView>[2] & { status: number },
): Promise<void> {
  const words = translatorOf(res);
  const titles = feed.held > 0 ? await heldTitles(db, feed.id) : [];
  sendPage(
    res,
    'feed',
    {
      newsletter,
      feed,
      badge: feedBadge(feed.status),
      latest: await latestOf(db, feed.id),
      titles,
      moreTitles: feed.held - titles.length,
      isStopped: feed.nextPollAt === null,
      ...feedSettingsView(feed, words, again),
    },
    { status: again?.status ?? 200 },
  );
}

async function poll(deps: ConsoleDeps, { feed, page }: Found, res: Response): Promise<void> {
  await pollFeed(deps, { feedId: feed.id });
  redirectWith(res, page, 'polled');
}

const settle =
  (action: 'release' | 'known', notice: Notice): Act =>
  async (deps, { feed, page }, res) => {
    await settleFeed(deps, { feedId: feed.id, action });
    await audit(deps, res, 'feed.settle-held', feed.id);
    redirectWith(res, page, notice);
  };

const setDisabled =
  (disabled: boolean, notice: Notice): Act =>
  async (deps, { feed, page }, res) => {
    await updateFeed(deps, { feedId: feed.id, disabled });
    await audit(deps, res, 'feed.change', feed.id);
    redirectWith(res, page, notice);
  };

const changeSettings: Act = async (deps, found, res, req) => {
  const { feed, page } = found;
  const form = readFeedForm(req);
  await saveForm(
    deps,
    { req, res },
    {
      form,
      stored: feed,
      typedOf: feedSettingsTyped,
      async save(patch, isStale) {
        const result = await updateFeed(deps, { feedId: feed.id, ...patch }, isStale);
        if (result.status === 'updated') return { ok: true as const };
        const path = result.status === 'refused' ? result.path : '';
        return { ok: false as const, code: result.status, path };
      },
      problemOf: (refused) =>
        refused.code === 'refused' ? withFeedProblem(form, refused.path, translatorOf(res)) : undefined,
      async sendAgain(again) {
        // What is stored now, with its health in the language of the page.
        const words = timeWordsOf(res, found.newsletter.timezone);
        const latest = await getFeed(deps.db, feed.id, deps.now(), words);
        await sendFeed(deps, { ...found, feed: latest ?? feed }, res, again);
      },
      audit: { action: 'feed.change', subject: `feed:${feed.id}` },
      next: () => [page, 'feed-changed'],
    },
  );
};

const remove: Act = async (deps, { newsletter, feed }, res) => {
  await removeFeed(deps, { feedId: feed.id });
  await audit(deps, res, 'feed.remove', feed.id);
  redirectWith(res, `/console/newsletters/${newsletter.slug}/feeds`, 'feed-removed');
};

export function feedRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  const [newsletter, feed, isForm] = [aboutNewsletter(deps), aboutFeed(deps), requireForm(deps)];
  const feeds = '/newsletters/:slug/feeds';

  router.get(feeds, newsletter(showAll));
  router.get(`${feeds}/new`, requirePermission('write'), newsletter(showSearch));
  // A POST, because it makes us call another server.
  router.post(`${feeds}/discover`, isForm, newsletter(search));
  router.post(feeds, isForm, newsletter(add));
  router.get(`${feeds}/:id`, feed(show));
  router.post(`${feeds}/:id/poll`, isForm, feed(poll));
  router.post(`${feeds}/:id/held/release`, isForm, feed(settle('release', 'held-released')));
  router.post(`${feeds}/:id/held/known`, isForm, feed(settle('known', 'held-known')));
  router.post(`${feeds}/:id/settings`, isForm, feed(changeSettings));
  router.post(`${feeds}/:id/remove`, isForm, feed(remove));
  router.post(`${feeds}/:id/stop`, isForm, feed(setDisabled(true, 'feed-stopped')));
  router.post(`${feeds}/:id/resume`, isForm, feed(setDisabled(false, 'feed-resumed')));
  return router;
}
