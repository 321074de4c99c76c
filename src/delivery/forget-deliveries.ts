// Forgets the relays' replies, and later which readers got which issue. An issue's counts stay: they still
// show that candidates = deliveries + excluded.
import { cutoff, type Retention } from '../config/retention.js';
import type { Db } from '../db.js';
import { markForgotten, selectToForget } from '../issues/sending.js';
import * as store from './store-retention.js';

const lot = 2_000;
/** A sweep has more to do: the rest waits for the next one. */
const budgetMs = 3_000;

export interface ForgetDeliveriesDeps {
  db: Db;
  retention: Retention;
  now: () => Date;
}

/** Forgets the replies of deliveries and attempts, one issue after the other, the oldest first. */
export async function forgetReplies({ db, retention, now }: ForgetDeliveriesDeps): Promise<void> {
  const before = cutoff(retention, 'replies', now());
  if (before === undefined) return;
  const over = performance.now() + budgetMs;
  for (;;) {
    const issueId = await selectToForget(db, 'replies_forgotten_at', before);
    if (issueId === undefined) return;
    // From the start again, also where the last sweep stopped: passing over forgotten rows is cheap.
    let after: string | undefined = '0';
    while (after !== undefined) {
      if (performance.now() > over) return;
      after = await store.clearReplies(db, { issueId, after, limit: lot });
    }
    await markForgotten(db, 'replies_forgotten_at', issueId, now());
  }
}

/** Forgets deliveries, one issue after the other, the oldest first. */
export async function forgetDeliveries({ db, retention, now }: ForgetDeliveriesDeps): Promise<void> {
  const before = cutoff(retention, 'deliveries', now());
  if (before === undefined) return;
  const over = performance.now() + budgetMs;
  for (;;) {
    const issueId = await selectToForget(db, 'deliveries_forgotten_at', before);
    if (issueId === undefined) return;
    let forgotten = lot;
    while (forgotten === lot) {
      if (performance.now() > over) return;
      forgotten = await store.deleteDeliveries(db, { issueId, limit: lot });
    }
    await markForgotten(db, 'deliveries_forgotten_at', issueId, now());
  }
}
