// For a transaction that waits for something other than its own statements.
import type { Db } from '../db.js';

/** Milliseconds after which the server ends a transaction that runs no statement; 0: never. A pooler's server has its own. */
async function idleLimit(tx: Db): Promise<number> {
  const { limit } = await tx.one<{ limit: number }>(
    `select 1000 * extract(epoch from current_setting('idle_in_transaction_session_timeout')::interval)::float8 as limit`,
  );
  return limit;
}

/**
 * Waits for `other`, and meanwhile runs statements in `tx`, so that the server does not end it as idle. If this process
 * hangs, the server still does. Nothing else may use `tx` meanwhile.
 */
export async function stayAwakeFor<T>(tx: Db, other: Promise<T>): Promise<T> {
  // Its rejection surfaces below.
  other.catch(() => undefined);
  const limit = await idleLimit(tx);
  if (limit === 0) return other;
  let asking: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    // If the connection is lost, the next statement of the caller says so.
    asking = tx.query('select').catch(() => undefined);
  }, limit / 4);
  try {
    return await other;
  } finally {
    clearInterval(timer);
    await asking;
  }
}
