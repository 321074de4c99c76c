// The providers that are slowed or stopped now, for the sweep, the metrics and what comes back.
import type { Db } from '../db.js';
import * as store from './store.js';

/** Those that get nothing now, and how many times in a row they asked for less or refused. */
export async function stoppedProviders(db: Db): Promise<{ group: string; step: number }[]> {
  const rows = await store.selectSlowdowns(db);
  return rows.filter(({ stopped }) => stopped).map(({ groupKey, step }) => ({ group: groupKey, step }));
}

/** A provider asked for less, in a mail that came back. Every worker obeys. */
export async function slowProvider(tx: Db, group: string, reply: string): Promise<void> {
  await store.slowDown(tx, group, reply);
}

export async function forgetSlowProviders(db: Db): Promise<void> {
  await store.forgetSlowdowns(db);
  await store.forgetPauses(db);
}
