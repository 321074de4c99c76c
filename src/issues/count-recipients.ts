// How many readers an issue in review goes to, for the page that asks whether to approve it.
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { countReaders } from '../subscribers/count-readers.js';
import { languagesBeside, selectForGroups, type IssueDeps } from './freeze.js';
import { selectIssue } from './store.js';
import { selectGroups } from './store-fan-out.js';
import { selectIssuePosts } from './store-freeze.js';

/** Beyond this many active readers, a page says "up to" instead of looking at each of them. */
export const mostLookedAt = 10_000;

export interface Recipients {
  readers: number;
  /** True: some of them may be paused, not due now, or have had its posts. */
  upTo: boolean;
}

/** Undefined: no such issue. */
export async function countRecipients(
  { db, now }: Pick<IssueDeps, 'db' | 'now'>,
  { issueId }: { issueId: string },
): Promise<Recipients | undefined> {
  const issue = await selectIssue(db, issueId);
  const newsletter = issue && (await getNewsletter(db, issue.newsletterId));
  if (newsletter === undefined) return undefined;
  const active = await countReaders(db, newsletter.id);
  if (active > mostLookedAt) return { readers: active, upTo: true };
  const groups = await selectGroups(db, issueId, { languages: languagesBeside(newsletter), now: now() });
  const selections = selectForGroups(newsletter, groups, await selectIssuePosts(db, issueId));
  const readers = selections.reduce((sum, group) => sum + (group.variant ? group.readers : 0), 0);
  return { readers, upTo: false };
}
