// Forgets readers who are gone, and what is no longer needed of the others. A lot of each kind a call: tables
// are never locked, and the rest waits for the next sweep.
import { cutoff, type Retention, type RetentionKind } from '../config/retention.js';
import type { Db } from '../db.js';
import * as store from './store-retention.js';

const lot = 1_000;

const kinds = {
  unconfirmed: store.forgetUnconfirmed,
  left: store.forgetLeft,
  origins: store.forgetOrigins,
} satisfies Partial<Record<RetentionKind, unknown>>;

/** How many rows of each kind were forgotten. */
export async function forgetReaders({
  db,
  retention,
  now,
}: {
  db: Db;
  retention: Retention;
  now: () => Date;
}): Promise<Record<string, number>> {
  const forgotten: Record<string, number> = {};
  for (const [kind, forget] of Object.entries(kinds)) {
    const before = cutoff(retention, kind as keyof typeof kinds, now());
    if (before !== undefined) forgotten[kind] = await forget(db, { before, limit: lot });
  }
  const before = cutoff(retention, 'unconfirmed', now());
  if (before !== undefined)
    forgotten['alone'] = await store.forgetAlone(db, { before, limit: lot, now: now() });
  return forgotten;
}
