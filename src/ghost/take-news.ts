// A signed call of Ghost: the post is recorded, or withdrawn.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { recordPosts } from '../posts/record-posts.js';
import { withdrawPost } from '../posts/withdraw.js';
import type { Secrets } from '../secrets.js';
import { ghostSaltOf } from './manage-secret.js';
import { readGhostNews } from './payload.js';
import { isSignedByGhost } from './signature.js';

export interface GhostDeps {
  db: Db;
  now: () => Date;
  secrets: Secrets;
}

/** `unknown-newsletter`: it was deleted, for without one there is no secret. */
export type TakenNews = 'taken' | 'bad-signature' | 'unknown-newsletter' | 'unreadable';

export async function takeGhostNews(
  deps: GhostDeps,
  newsletterId: string,
  { header, body }: { header: string | undefined; body: Buffer },
): Promise<TakenNews> {
  const signed = { header, body, now: deps.now() };
  const salt = isId(newsletterId) ? await ghostSaltOf(deps.db, newsletterId) : null;
  if (salt === null || !isSignedByGhost(deps.secrets, { newsletterId, salt }, signed)) return 'bad-signature';
  if (!(await getNewsletter(deps.db, newsletterId))) return 'unknown-newsletter';
  const news = readGhostNews(parsed(body));
  if (news === undefined) return 'unreadable';
  if (news.kind === 'published') await recordPosts(deps, { newsletterId, feed: null, posts: [news.post] });
  else await withdrawPost(deps, { newsletterId, guid: news.guid });
  return 'taken';
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
