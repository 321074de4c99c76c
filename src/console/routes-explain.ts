// Explains why a post is in an issue and why a reader got it: on the issue's page for its posts and one reader, and on a
// subscriber's page for the last issues.
import express, { type Request, type Response, type Router } from 'express';
import { explainIssue } from '../reports/explain-issue.js';
import type { Explanation } from '../reports/explanation.js';
import { getIssueProgress, listIssues } from '../reports/progress.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { listPosts } from '../posts/list-posts.js';
import { getSubscriber, listSubscribers } from '../subscribers/list-subscribers.js';
import type { SubscriberView, SubscriptionView } from '../subscribers/subscriber-view.js';
import type { Db } from '../db.js';
import type { ConsoleDeps } from './deps.js';
import { sendMessage, sendPage } from './page.js';

const postsShown = 25;
const issuesShown = 10;
const subscribersShown = 50;

const asked = (req: Request, name: string): string => {
  const value = req.query[name];
  return typeof value === 'string' ? value.trim() : '';
};

/** "Daily at 07:30, Europe/Berlin". Undefined: the reader follows the newsletter's schedule. */
function ownTime({ frequency, sendTime, timezone }: SubscriptionView): string | undefined {
  return frequency === null ? undefined : [`${frequency} at ${sendTime}`, timezone].join(', ');
}

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

async function list(deps: ConsoleDeps, req: Request, res: Response): Promise<void> {
  const [email, cursor] = [asked(req, 'email'), asked(req, 'cursor')];
  const { data, nextCursor } = await listSubscribers(deps, {
    email: email || undefined,
    cursor: cursor || undefined,
    limit: subscribersShown,
  });
  const [only] = data;
  if (email && only) return res.redirect(303, `/console/subscribers/${only.id}`);
  sendPage(res, 'subscribers', { email, subscribers: data, next: nextCursor });
}

/** The newsletter's last issues, each with the reason why this subscriber got it or not. */
async function issuesOf(db: Db, subscriberId: string, newsletterId: string): Promise<object[]> {
  const explained: object[] = [];
  for (const issue of await listIssues(db, { newsletterId, limit: issuesShown })) {
    const explanation: Explanation | undefined = await explainIssue(db, { issueId: issue.id, subscriberId });
    explained.push({ issue, ...explanation });
  }
  return explained;
}

async function show(deps: ConsoleDeps, req: Request<{ id: string }>, res: Response): Promise<void> {
  const subscriber = await getSubscriber(deps, req.params.id);
  if (!subscriber) return sendMessage(res, 404, 'Subscriber not found', 'They may have been erased.');
  const subscriptions = [];
  for (const subscription of subscriber.subscriptions) {
    const newsletter = await getNewsletter(deps.db, subscription.newsletterId);
    if (newsletter)
      subscriptions.push({
        ...subscription,
        newsletter,
        ownTime: ownTime(subscription),
        issues: await issuesOf(deps.db, subscriber.id, newsletter.id),
      });
  }
  sendPage(res, 'subscriber', { subscriber, subscriptions });
}

export function explainRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.get('/issues/:id/why', (req, res) => explain(deps, req, res));
  router.get('/subscribers', (req, res) => list(deps, req, res));
  router.get('/subscribers/:id', (req, res) => show(deps, req, res));
  return router;
}
