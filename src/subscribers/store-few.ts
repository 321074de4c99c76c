// The SQL that counts readers of the filters whose number is not kept, or not whole: who were added since a time, and with whom
// something went wrong. Each statement reads a limited number of rows. Private to this folder.
import type { Db } from '../db.js';
import { readerProblems, type ReaderProblem } from './reader-problems.js';
import { areOf, eventKinds, lastBefore, suppressionReasons } from './store-find.js';

/** A number of readers. `isMore`: there can be more, because counting ended at a limit. */
export interface AtLeast {
  readers: number;
  isMore: boolean;
}

/** Readers of a period that are counted over all newsletters, from the index alone. */
const most = 1_000;
/** Suppressions and events that are read for each trouble: each takes about 10 µs, and a page shows six troubles. */
const mostRows = 100;
/** A newsletter with so few readers has exact numbers of troubles. */
export const mostReaders = 500;

/** Old statistics must not lead past the indexes, nor to a bitmap: it reads all rows of a kind before the limit counts. */
export const byIndexes = <T>(db: Db, count: (tx: Db) => Promise<T>): Promise<T> =>
  db.transaction(async (tx) => {
    await tx.query(
      `select set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`,
    );
    return count(tx);
  });

/**
 * The newsletter's readers who were added at each time or later: those of whole thousands of ids, whose numbers are kept, and at
 * most 999 more, from the index. A million readers have a thousand kept numbers.
 */
export async function selectAddedSince(
  tx: Db,
  { newsletterId, times }: { newsletterId: string; times: readonly Date[] },
): Promise<number[]> {
  const counted = await tx.query<{ readers: number }>(
    `select (select coalesce(sum(change), 0) from filter_counts
         where newsletter_id = $1 and filter = 'thousand' and value > lpad((last / 1000)::text, 16, '0'))::int
       + (select count(*) from subscriptions
         where newsletter_id = $1 and subscriber_id > last and subscriber_id < (last / 1000 + 1) * 1000)::int as readers
     from unnest($2::bigint[]) with ordinality as t (last, nth) order by nth`,
    [newsletterId, await lastBefore(tx, times)],
  );
  return counted.map(({ readers }) => readers);
}

/** The persons who were added at each time or later. */
export async function selectPersonsSince(tx: Db, times: readonly Date[]): Promise<AtLeast[]> {
  return tx.query<AtLeast>(
    `select least(found, ${most})::int as readers, found > ${most} as is_more
     from unnest($1::bigint[]) with ordinality as t (last, nth)
     cross join lateral (
       select count(*) as found from (select from subscribers where id > last order by id limit ${most + 1}) newest) counted
     order by nth`,
    [await lastBefore(tx, times)],
  );
}

/** suppressed: for any reason, also for one that is no problem of mail. */
export type Trouble = ReaderProblem | 'suppressed';
const troubles: readonly Trouble[] = [...readerProblems, 'suppressed'];

type CountOfTrouble = AtLeast & { trouble: Trouble };

/** The condition of a trouble that suppressions tell of, on the reason `column`. */
const reasonsOf = (trouble: 'bounced' | 'complained' | 'suppressed', column: string): string =>
  trouble === 'suppressed' ? `${column} is not null` : `${column} = '${suppressionReasons[trouble]}'`;

const isOfSuppressions = (trouble: Trouble) =>
  trouble === 'bounced' || trouble === 'complained' || trouble === 'suppressed';

/** Ids of readers, one for each row that tells of the trouble. An address without a reader gives null. */
const rowsOf = (trouble: Trouble): string =>
  isOfSuppressions(trouble)
    ? `select (select r.id from subscribers r where r.address_hash = u.address_hash limit 1) as id
       from suppressions u where ${reasonsOf(trouble, 'u.reason')} limit ${mostRows + 1}`
    : `select e.subscriber_id as id from feedback_events e where ${areOf(eventKinds[trouble])} limit ${mostRows + 1}`;

/** Of each trouble, the readers of the newsletter, or all readers (null), whom its first rows tell of. */
export async function selectByTrouble(tx: Db, newsletterId: string | null): Promise<CountOfTrouble[]> {
  const counts = troubles.map(
    (
      trouble,
    ) => `select '${trouble}' as trouble, least(${mostRows}, count(distinct id) filter (where $1::bigint is null
         and (select true from subscribers r where r.id = rows.id limit 1)
         or (select true from subscriptions s where s.newsletter_id = $1 and s.subscriber_id = rows.id limit 1)))::int as readers,
       count(*) > ${mostRows} as is_more from (${rowsOf(trouble)}) rows`,
  );
  return tx.query<CountOfTrouble>(counts.join(' union all '), [newsletterId]);
}

/** Of each trouble, those of the newsletter's first `mostReaders` readers. */
export async function selectByTroubleOfFew(tx: Db, newsletterId: string): Promise<CountOfTrouble[]> {
  const counts = troubles.map((trouble) =>
    isOfSuppressions(trouble)
      ? `count(*) filter (where ${reasonsOf(trouble, 'reason')})::int as ${trouble}`
      : `count(*) filter (where kinds && array[${eventKinds[trouble]}])::int as ${trouble}`,
  );
  const found = await tx.one<Record<Trouble, number>>(
    `with few as materialized (
       select subscriber_id as id from subscriptions where newsletter_id = $1 order by newsletter_id, subscriber_id limit ${mostReaders}
     )
     select ${counts.join(', ')} from few
     cross join lateral (
       select (select u.reason from suppressions u
         where u.address_hash = (select r.address_hash from subscribers r where r.id = few.id limit 1) limit 1) as reason,
       array(select e.kind from feedback_events e
         where e.subscriber_id = few.id and ${areOf(Object.values(eventKinds).join(', '))}) as kinds) told`,
    [newsletterId],
  );
  return troubles.map((trouble) => ({ trouble, readers: found[trouble], isMore: false }));
}
