// One step of deleting expired data: a lot of one kind. config/retention.ts sets how long each kind is kept.
import { cutoff, type Retention, type RetentionKind } from './config/retention.js';
import type { Db } from './db.js';

export interface ForgetDeps {
  db: Db;
  retention: Retention;
  now: () => Date;
}

/** Up to `limit` rows that are older than `before`. */
export interface ExpiredLot {
  before: Date;
  limit: number;
  now: Date;
}

/** Returns how many rows it deleted. */
type ForgetOld = (db: Db, lot: ExpiredLot) => Promise<number>;

const limit = 1_000;

/**
 * Forgets one lot of a kind. Returns how many rows. Tables are never locked: the next sweep forgets the next
 * lot.
 */
export async function forgetLot(
  { db, retention, now }: ForgetDeps,
  kind: RetentionKind,
  forget: ForgetOld,
): Promise<number> {
  const before = cutoff(retention, kind, now());
  return before === undefined ? 0 : forget(db, { before, limit, now: now() });
}
