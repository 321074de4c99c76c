// How many readers a newsletter has, by status, topic, source and frequency: kept, not counted. Triggers append each change of
// a subscription, and upkeep adds them up.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Frequency } from '../newsletters/schedule.js';
import type { Newsletter } from '../newsletters/schema.js';
import {
  correctCount,
  lockAllSubscriptions,
  selectActiveCounts,
  selectAllActive,
  selectFilterCounts,
  selectReaderCounts,
  selectTopicCounts,
  selectWrongCounts,
  sumCounts,
  type CountedStatus,
  type WrongCount,
} from './store-counts.js';

export type { WrongCount } from './store-counts.js';

type ReaderCounts = Record<CountedStatus, number>;

const none: ReaderCounts = { pending: 0, active: 0, unsubscribed: 0, expired: 0 };

/** The newsletter's readers by status. */
export async function countByStatus(db: Db, newsletterId: string): Promise<ReaderCounts> {
  const rows = isId(newsletterId) ? await selectReaderCounts(db, newsletterId) : [];
  return { ...none, ...Object.fromEntries(rows.map(({ status, readers }) => [status, readers])) };
}

/** The readers of a newsletter, whatever their status. */
export async function countAll(db: Db, newsletterId: string): Promise<number> {
  return Object.values(await countByStatus(db, newsletterId)).reduce((sum, readers) => sum + readers, 0);
}

/** The active readers of a newsletter, including paused and suppressed ones. */
export async function countReaders(db: Db, newsletterId: string): Promise<number> {
  return (await countByStatus(db, newsletterId)).active;
}

/** The readers who chose each topic, whatever their status. Absent: none. */
export async function countByTopic(db: Db, newsletterId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await selectTopicCounts(db, newsletterId);
  return new Map(rows.map(({ topic, readers }) => [topic, readers]));
}

/** The readers who last came this way, whatever their status. Absent: none. */
export async function countBySource(db: Db, newsletterId: string): Promise<ReadonlyMap<string, number>> {
  const rows = await selectFilterCounts(db, { newsletterId, filter: 'source' });
  return new Map(rows.map(({ value, readers }) => [value, readers]));
}

/**
 * The readers who get the newsletter this often, whatever their status. Those who chose nothing get it as often as its first
 * frequency says, which can change: their number is the rest of all readers.
 */
export async function countByFrequency(
  db: Db,
  { id, schedule }: Pick<Newsletter, 'id' | 'schedule'>,
): Promise<ReadonlyMap<Frequency, number>> {
  const chosen = await selectFilterCounts(db, { newsletterId: id, filter: 'frequency' });
  const rest = chosen.reduce((left, { readers }) => left - readers, await countAll(db, id));
  const [usual = 'daily'] = schedule.frequencies;
  return new Map(
    schedule.frequencies.map((one) => [
      one,
      (chosen.find(({ value }) => value === one)?.readers ?? 0) + (one === usual ? rest : 0),
    ]),
  );
}

/** The active readers of each of these newsletters, as countReaders counts them. Absent: none. */
export async function countReadersOfEach(
  db: Db,
  newsletterIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await selectActiveCounts(db, newsletterIds);
  return new Map(rows.map(({ newsletterId, readers }) => [newsletterId, readers]));
}

/** The active readers of all newsletters, as countReaders counts them: each once for each newsletter. */
export const countReadersOfAll = (db: Db): Promise<number> => selectAllActive(db);

/** Adds up the changes, so that the next sum reads few rows. */
export async function sumReaderCounts({ db }: { db: Db }): Promise<void> {
  await sumCounts(db);
}

/** Compares the kept numbers with the subscriptions. Empty: they agree. */
export async function checkReaderCounts(db: Db): Promise<WrongCount[]> {
  return selectWrongCounts(db);
}

/** Corrects the kept numbers by counting, while no subscription changes. Returns what was wrong. */
export async function repairReaderCounts(db: Db): Promise<WrongCount[]> {
  return db.transaction(async (tx) => {
    await lockAllSubscriptions(tx);
    const wrong = await selectWrongCounts(tx);
    for (const one of wrong) await correctCount(tx, one);
    return wrong;
  });
}
