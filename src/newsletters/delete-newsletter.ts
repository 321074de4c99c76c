import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { withoutItsLogos } from './uploaded-logos.js';
import { hasUnfinishedIssue, lockNewsletter, removeNewsletter } from './store.js';

export type DeleteNewsletterResult = { ok: true } | { ok: false; code: 'not-found' | 'issue-unfinished' };

/**
 * Deletes a newsletter with its feeds, posts, subscriptions and issues. Refuses while an issue is under way.
 */
export async function deleteNewsletter(
  deps: { db: Db },
  { id }: { id: string },
): Promise<DeleteNewsletterResult> {
  if (!isId(id)) return { ok: false, code: 'not-found' };
  return deps.db.transaction(async (tx) => {
    // The lock keeps the planner from inserting an issue: its foreign key needs the row.
    if (!(await lockNewsletter(tx, id))) return { ok: false, code: 'not-found' };
    if (await hasUnfinishedIssue(tx, id)) return { ok: false, code: 'issue-unfinished' };
    await withoutItsLogos(tx, id, () => removeNewsletter(tx, id));
    return { ok: true };
  });
}
