// Checks whether the links of an issue in review answer. It runs in the background: no issue waits for other
// sites. The review page and mail show the links that do not answer.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { checkLinks, type LinkDeps } from '../links/check-links.js';
import type { Enqueue } from '../queues.js';
import type { Changed } from './change-issue.js';
import { issueStatus } from './status.js';
import { selectIssue } from './store.js';
import { selectVariants } from './store-freeze.js';
import { saveLinkReport } from './store-links.js';

/** Follows the links of all variants, and stores the report. */
export async function checkIssueLinks(deps: LinkDeps & { db: Db }, issueId: string): Promise<void> {
  const { db } = deps;
  const issue = await selectIssue(db, issueId);
  if (issue === undefined || issueStatus(issue) !== 'review') return;
  const variants = await selectVariants(db, issueId);
  const newest = variants.at(-1)?.id;
  if (newest === undefined) return;
  const report = await checkLinks(deps, variants.map(({ html }) => html).join('\n'));
  await saveLinkReport(db, { issueId, newest }, report);
}

/** Enqueues another check of the links of an issue in review. */
export async function recheckLinks(
  { db, enqueue }: { db: Db; enqueue: Enqueue },
  { issueId }: { issueId: string },
): Promise<Changed> {
  const issue = isId(issueId) ? await selectIssue(db, issueId) : undefined;
  if (issue === undefined) return { ok: false, code: 'issue-not-found' };
  const status = issueStatus(issue);
  if (status !== 'review') return { ok: false, code: 'wrong-state', status };
  await enqueue('feeds', { kind: 'check-links', issueId });
  return { ok: true };
}
