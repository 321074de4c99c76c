// The posts that the anomaly guard holds, at the link of its mail, which needs no sign-in: GET shows, POST
// decides.
import express, { type Response, type Router } from 'express';
import { recordAudit } from '../accounts/audit.js';
import { getFeed } from '../feeds/list-feeds.js';
import { settleFeed } from '../feeds/settle-feed.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { heldTitles } from '../posts/settle-held.js';
import { deciderOf, limitLinkForms, requireDecision } from './decision-guard.js';
import type { ConsoleDeps } from './deps.js';
import { redirectWith, sendMessage, sendPage, translatorOf } from './page.js';

const notices = { release: 'held-released', known: 'held-known' } as const;

/** Below /held. */
export function heldLinkRoutes(deps: ConsoleDeps): Router {
  const { db } = deps;
  const router = express.Router();
  const isGone = (res: Response): void => {
    const { t } = translatorOf(res);
    sendMessage(res, 404, t('feeds.missing'), t('feeds.missingWhy'));
  };
  router.use(limitLinkForms(deps));
  router.use('/:token', requireDecision(deps, 'held', 'console.openFeedThere'));

  router.get('/:token', async (req, res) => {
    const feed = await getFeed(db, deciderOf(res).id, deps.now());
    const newsletter = feed && (await getNewsletter(db, feed.newsletterId));
    if (!feed || !newsletter) return isGone(res);
    const titles = feed.held > 0 ? await heldTitles(db, feed.id) : [];
    sendPage(res, 'held', {
      newsletter,
      feed,
      base: `/held/${req.params.token}`,
      // Which of the mail's buttons it was decides nothing yet.
      prefersRelease: req.query['do'] === 'release',
      titles,
      moreTitles: feed.held - titles.length,
    });
  });

  for (const action of ['release', 'known'] as const)
    router.post(`/:token/${action}`, async (req, res) => {
      const { id: feedId, actor } = deciderOf(res);
      const settled = await settleFeed(deps, { feedId, action });
      if (settled.status === 'no-such-feed') return isGone(res);
      if (settled.posts > 0)
        await recordAudit(deps, { actor, action: 'feed.settle-held', subject: `feed:${feedId}` });
      redirectWith(res, `/held/${req.params.token}`, settled.posts > 0 ? notices[action] : 'held-no-more');
    });
  return router;
}
