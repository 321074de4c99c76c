// What came back about an issue: kept, not counted, because a million readers can send a hundred thousand bounces.
import type { Db } from '../db.js';
import type { FeedbackKind } from '../feedback/read-mail.js';
import { selectReturned } from './store.js';

/** By kind and provider, in their order. Events of readers who were erased stay in the sums. */
export async function returnedOfIssue(
  db: Db,
  { newsletterId, issueId }: { newsletterId: string; issueId: string },
): Promise<{ kind: FeedbackKind; provider: string; count: number }[]> {
  const rows = await selectReturned(db, { newsletterId, issueId, days: null });
  const name = ({ kind, provider }: { kind: string; provider: string }) => `${kind} ${provider}`;
  return rows
    .map((row) => ({ ...row, kind: row.kind as FeedbackKind }))
    .toSorted((one, other) => (name(one) < name(other) ? -1 : 1));
}
