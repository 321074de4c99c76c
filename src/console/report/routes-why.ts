// Explains why a post is in an issue, and why a reader got it or not.
import express, { type Router } from 'express';
import { explainIssue, explainPosts } from '../../reports/explain-issue.js';
import { listPosts } from '../../posts/list-posts.js';
import { getSubscriber, listSubscribers } from '../../subscribers/list-subscribers.js';
import type { SubscriberView } from '../../subscribers/subscriber-view.js';
import type { ConsoleDeps } from '../deps.js';
import { sendPage, timeWordsOf } from '../page.js';
import { queryField } from '../form-field.js';
import { aboutIssue, type IssuePageAct } from './find-issue.js';
import { headView } from './view.js';

const postsShown = 25;

/** The reader that the query names, by address or by id. */
async function readerOf(deps: ConsoleDeps, email: string, id: string): Promise<SubscriberView | undefined> {
  if (email) return (await listSubscribers(deps, { email })).data[0];
  return id ? getSubscriber(deps, id) : undefined;
}

const explain: IssuePageAct = async (deps, { issue, newsletter }, req, res) => {
  const { db } = deps;
  const issueId = issue.id;
  const words = timeWordsOf(res, newsletter.timezone);
  const [email, subscriberId, cursor] = [
    queryField(req, 'email'),
    queryField(req, 'subscriber'),
    queryField(req, 'cursor'),
  ];
  const reader = await readerOf(deps, email, subscriberId);
  const posts = await listPosts(db, {
    newsletterId: newsletter.id,
    limit: postsShown,
    cursor: cursor || undefined,
  });
  const explanations = await explainPosts(db, { issueId, postIds: posts.data.map(({ id }) => id) }, words);
  sendPage(res, 'explain', {
    ...headView(issue, newsletter, 'why', words),
    email: email || reader?.email,
    reader,
    isUnknown: (email || subscriberId) && !reader,
    explanation: reader && (await explainIssue(db, { issueId, subscriberId: reader.id }, words)),
    posts: posts.data.map(({ id, title, url }) => ({ id, title, url, ...explanations.get(id) })),
    older: posts.nextCursor,
  });
};

export function explainRoutes(deps: ConsoleDeps): Router {
  const router = express.Router();
  router.get('/issues/:id/why', aboutIssue(deps)(explain));
  return router;
}
