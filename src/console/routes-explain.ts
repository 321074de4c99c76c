// Explains why a post is in an issue, and why a reader got it or not.
import express, { type Request, type Response, type Router } from 'express';
import { explainIssue } from '../reports/explain-issue.js';
import { getIssueProgress } from '../reports/progress.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { listPosts } from '../posts/list-posts.js';
import { getSubscriber, listSubscribers } from '../subscribers/list-subscribers.js';
import type { SubscriberView } from '../subscribers/subscriber-view.js';
import type { ConsoleDeps } from './deps.js';
import { sendMessage, sendPage } from './page.js';

const postsShown = 25;

const asked = (req: Request, name: string): string => {
  const value = req.query[name];
  return typeof value === 'string' ? value.trim() : '';
};

/** The reader that the query names, by address or by id. */
async function readerOf(deps: ConsoleDeps, email: string, id: string): Promise<SubscriberView | undefined> {
  if (email) return (await listSubscribers(deps, { email })).data[0];
  return id ? getSubscriber(deps, id) : undefined;
}

async function explain(deps: ConsoleDeps, req: Request<{ id: string }>, res: Response): Promise<void> {
  const { db } = deps;
  const issueId = req.params.id;
  const issue = await getIssueProgress(db, issueId);
  const newsletter = issue && (await getNewsletter(db, issue.newsletterId));
  if (!issue || !newsletter) return sendMessage(res, 404, 'Issue not found', 'It may have been deleted.');
  const [email, subscriberId, cursor] = [asked(req, 'email'), asked(req, 'subscriber'), asked(req, 'cursor')];
  const reader = await readerOf(deps, email, subscriberId);
  const posts = await listPosts(db, {
    newsletterId: newsletter.id,
    limit: postsShown,
    cursor: cursor || undefined,
  });
  const explained = [];
  for (const { id, title, url } of posts.data)
    explained.push({ id, title, url, ...(await explainIssue(db, { issueId, postId: id })) });
  sendPage(res, 'explain', {
    issue,
    newsletter,
    email: email || reader?.email,
    reader,
    isUnknown: (email || subscriberId) && !reader,
    explanation: reader && (await explainIssue(db, { issueId, subscriberId: reader.id })),
    posts: explained,
    older: posts.nextCursor,
  });
}

export function explainRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.get('/issues/:id/why', (req, res) => explain(deps, req, res));
  return router;
}
