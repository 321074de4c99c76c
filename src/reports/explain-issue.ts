// "Why did she not get it? Why is this post not in it?" Answered from the rows.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { getIssueRow, listIssueRowsSince, type IssueRow, type IssuesSince } from '../issues/issue.js';
import { translator } from '../languages/translate.js';
import { utcTimes, type TimeWords } from '../text/when-words.js';
import { explainPost } from './explain-post.js';
import { explainReader } from './explain-reader.js';
import type { Explanation } from './explanation.js';
import { selectPostFacts, selectReaderFacts } from './store-explain.js';

/** In English unless `words` has another language. Undefined: there is no such issue, or no such post of its newsletter, or no such subscriber. */
export async function explainIssue(
  db: Db,
  {
    issueId,
    postId,
    subscriberId,
  }: { issueId: string; postId?: string | undefined; subscriberId?: string | undefined },
  words: TimeWords = utcTimes(translator('en')),
): Promise<Explanation | undefined> {
  const about = postId ?? subscriberId ?? '';
  const issue = await getIssueRow(db, issueId);
  if (issue === undefined || !isId(about)) return undefined;
  if (postId !== undefined) {
    const [facts] = await selectPostFacts(db, issueId, [postId]);
    return facts && explainPost(issue, facts, words);
  }
  const [facts] = await selectReaderFacts(db, [issueId], about);
  return facts && explainReader(issue, facts, words);
}

export interface IssueOfReader {
  issue: Pick<IssueRow, 'id' | 'slot' | 'subject'>;
  explanation: Explanation;
}

/** What became of one reader in each of these issues: the newest first, those before the id `before`. */
export async function explainIssuesOf(
  db: Db,
  {
    subscriberId,
    ...query
  }: { subscriberId: string; newsletters: readonly IssuesSince[]; before: string | undefined; limit: number },
  words: TimeWords,
): Promise<IssueOfReader[]> {
  const issues = await listIssueRowsSince(db, query);
  const found = await selectReaderFacts(
    db,
    issues.map(({ id }) => id),
    subscriberId,
  );
  const facts = new Map(found.map((one) => [one.issueId, one]));
  return issues.flatMap((issue) => {
    const own = facts.get(issue.id);
    return own === undefined ? [] : [{ issue, explanation: explainReader(issue, own, words) }];
  });
}

/** Of each of these posts of the issue's newsletter, by the post's id. */
export async function explainPosts(
  db: Db,
  { issueId, postIds }: { issueId: string; postIds: readonly string[] },
  words: TimeWords,
): Promise<Map<string, Explanation>> {
  const issue = await getIssueRow(db, issueId);
  const facts = issue === undefined ? [] : await selectPostFacts(db, issueId, postIds);
  return new Map(
    facts.flatMap((post) => (issue ? [[post.id, explainPost(issue, post, words)] as const] : [])),
  );
}
