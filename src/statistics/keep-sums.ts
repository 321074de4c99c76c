// The sums by day are kept in the transactions of their facts, by triggers. Here they are added up, checked and
// corrected.
import type { Db } from '../db.js';
import { day } from '../durations.js';
import { dayOf } from './period.js';
import { sumReaderCounts } from '../subscribers/count-readers.js';
import * as store from './store.js';

export type { WrongSum } from './store.js';

interface Deps {
  db: Db;
  now: () => Date;
}

/** Changes older than this stay as they are: answers about a leaving come within days. */
const daysToSum = 8;

/** Adds up the changes of all kept numbers, so that the next reading reads few rows. */
export async function sumKeptNumbers({ db, now }: Deps): Promise<void> {
  await sumReaderCounts({ db });
  await store.sumDays(db, dayOf(new Date(now().getTime() - daysToSum * day)));
}

/** Adds clicks of one lot to their issues, in the caller's transaction. */
export async function addClicks(tx: Db, lot: readonly store.Clicks[], now: Date): Promise<void> {
  if (lot.length > 0) await store.insertClicks(tx, lot, dayOf(now));
}

/** Compares the sums with the rows that still exist. Empty: they agree. */
export const checkSums = (db: Db): Promise<store.WrongSum[]> => store.selectWrongSums(db);

/** Corrects the sums by counting, while nothing changes. Returns what was wrong. */
export async function repairSums({ db, now }: { db: Db; now: () => Date }): Promise<store.WrongSum[]> {
  return db.transaction(async (tx) => {
    await store.lockFacts(tx);
    const wrong = await store.selectWrongSums(tx);
    for (const one of wrong) await store.correctSum(tx, one, dayOf(now()));
    return wrong;
  });
}
