// Forgets what relays said, and later who got which issue. An issue's sums stay: candidates = deliveries + excluded can be
// shown for good.
import { cutoff, type Retention } from '../config/retention.js';
import type { Db } from '../db.js';
import { markForgotten, selectToForget } from '../issues/sending.js';
import * as store from './store-retention.js';

const lot = 2_000;
/** A sweep has other things to do: what is left waits for the next one. */
const budgetMs = 3_000;

export interface ForgetDeps {
  db: Db;
  retention: Retention;
  now: () => Date;
}

/** Replies of deliveries and attempts, of one issue after the other, the oldest first. */
export async function forgetReplies({ db, retention, now }: ForgetDeps): Promise<void> {
  const before = cutoff(retention, 'replies', now());
  if (before === undefined) return;
  const over = performance.now() + budgetMs;
  for (;;) {
    const issueId = await selectToForget(db, 'replies_forgotten_at', before);
    if (issueId === undefined) return;
    // From the start again where the last sweep broke off: what is forgotten costs little to pass over.
    let after: string | undefined = '0';
    while (after !== undefined) {
      if (performance.now() > over) return;
      after = await store.forgetReplies(db, { issueId, after, limit: lot });
    }
    await markForgotten(db, 'replies_forgotten_at', issueId, now());
  }
}

/** Deliveries, of one issue after the other, the oldest first. */
export async function forgetDeliveries({ db, retention, now }: ForgetDeps): Promise<void> {
  const before = cutoff(retention, 'deliveries', now());
  if (before === undefined) return;
  const over = performance.now() + budgetMs;
  for (;;) {
    const issueId = await selectToForget(db, 'deliveries_forgotten_at', before);
    if (issueId === undefined) return;
    let forgotten = lot;
    while (forgotten === lot) {
      if (performance.now() > over) return;
      forgotten = await store.forgetDeliveries(db, { issueId, limit: lot });
    }
    await markForgotten(db, 'deliveries_forgotten_at', issueId, now());
  }
}
