// Forgets the relays' replies, and later which readers got which issue. An issue's counts stay: they still
// show that candidates = deliveries + excluded.
import { cutoff } from '../config/retention.js';
import type { Db } from '../db.js';
import type { ForgetDeps } from '../forget-lot.js';
import { type Forgotten, markForgotten, selectToForget } from '../issues/sending.js';
import * as store from './store-retention.js';

const limit = 2_000;
/** Milliseconds for one sweep. The next sweep does the rest. */
const budget = 3_000;

/** Forgets the replies of deliveries and attempts. */
export function forgetReplies(deps: ForgetDeps): Promise<void> {
  return forgetByIssue(deps, { kind: 'replies', mark: 'replies_forgotten_at' }, store.clearReplies);
}

/** Forgets deliveries. */
export function forgetDeliveries(deps: ForgetDeps): Promise<void> {
  return forgetByIssue(deps, { kind: 'deliveries', mark: 'deliveries_forgotten_at' }, store.deleteDeliveries);
}

/**
 * Takes one issue after the other, the oldest first. An issue's lots begin at its start again in each sweep: to
 * pass over forgotten rows is cheap. `forget` returns where the next lot begins; undefined: the issue is done.
 */
async function forgetByIssue(
  { db, retention, now }: ForgetDeps,
  { kind, mark }: { kind: 'replies' | 'deliveries'; mark: Forgotten },
  forget: (db: Db, lot: { issueId: string; after: string; limit: number }) => Promise<string | undefined>,
): Promise<void> {
  const before = cutoff(retention, kind, now());
  if (before === undefined) return;
  const over = performance.now() + budget;
  for (;;) {
    const issueId = await selectToForget(db, mark, before);
    if (issueId === undefined) return;
    let after: string | undefined = '0';
    while (after !== undefined) {
      if (performance.now() > over) return;
      after = await forget(db, { issueId, after, limit });
    }
    await markForgotten(db, mark, issueId, now());
  }
}
