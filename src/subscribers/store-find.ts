// The SQL of finding readers by filters: a page of ids in the order of creation. Private to this folder.
//
// A common filter matches many of the first readers of the list, and its index would return half the table. A rare
// one matches few, and its index returns few. So no statement reads a million rows:
//
// 1. Look at the first readers of the list. If they fill the page, that is the page.
// 2. A rare problem, topic or status: read all its readers from its index.
// 3. Look at more readers of the list, or of those with the status, or of those about whom mail came back.
// 4. A rare text: read all readers who have it from its index.
// 5. Otherwise the page holds whom the looks found, and says where they ended.
import type { Db } from '../db.js';
import type { Frequency } from '../newsletters/schedule.js';
import type { JoinSource } from './join-source.js';
import { problemDays, type ReaderProblem } from './reader-problems.js';
import type { SubscriptionStatus } from './status.js';
import { countChosen } from './store-counts.js';
import { pending, statusOf } from './subscriptions.js';

/**
 * How many readers the looks take, one after the other. The first fills a page of most filters. The second takes up to 25 ms:
 * about 7 µs for each reader and filter.
 */
const looks = [500, 2_000] as const;
/** A filter that fewer readers match is rare: all of them can be read. */
const rare = 2_000;
/** A text that fewer of the last look's readers have is rare: its index returns one reader in a hundred at most. */
const rareAmongLooked = 20;
/** Beyond so many readers with a text, reading them all takes too long (0.2 s). */
const rareText = 10_000;

export interface SubscriberFilter {
  /** The address key. */
  key?: string | undefined;
  newsletterId?: string | undefined;
  status?: SubscriptionStatus | undefined;
  /** A part of the address or the name, in any case. */
  search?: string | undefined;
  /** A topic that the reader chose. Readers of all topics have chosen none. */
  topic?: string | undefined;
  problem?: ReaderProblem | undefined;
  /** How the reader last came. */
  source?: JoinSource | undefined;
  /** The reader's own, or the newsletter's first. */
  frequency?: Frequency | undefined;
  /** Whoever was added then or later. */
  since?: Date | undefined;
}

/** The condition of each status on the row s, written like the predicate of its partial index. */
const isInStatus: Record<Exclude<SubscriptionStatus, 'suppressed'>, string> = {
  pending,
  active: 's.confirmed_at is not null and s.unsubscribed_at is null',
  unsubscribed: `s.unsubscribed_at is not null and (s.expired_at is not null or s.requested_at <= s.unsubscribed_at)`,
  expired: 's.expired_at is not null and s.confirmed_at is null and s.unsubscribed_at is null',
};

/** Of the subscription s. The limit of the look at suppressions keeps the planner from hashing all readers. */
const isNotSuppressed = `(select true from subscribers r join suppressions u on u.address_hash = r.address_hash
  where r.id = s.subscriber_id limit 1) is null`;

/** The first readers whose subscription to the newsletter $2, or to any, meets `condition`. */
const subscribed = (condition: string, limit: string): string =>
  `select distinct p.id from newsletters n cross join lateral (
     select s.subscriber_id as id from subscriptions s
     where s.newsletter_id = n.id and s.subscriber_id > $1 and ${condition}
     order by s.newsletter_id, s.subscriber_id limit ${limit}) p
   where $2::bigint is null or n.id = $2
   order by p.id limit ${limit}`;

/**
 * A page of readers with this status in the newsletter $2, or in any. Each newsletter's index has them in the
 * order of the page, so the statement reads no reader of another status (a million took 7 to 22 s).
 */
export const readersWith = (
  wanted: Exclude<SubscriptionStatus, 'suppressed'> | undefined,
  limit: string,
): string =>
  subscribed(wanted === undefined ? 'true' : `${isInStatus[wanted]} and ${isNotSuppressed}`, limit);

/** The expression of the index subscribers_by_part. */
const searchable = `lower(r.address || ' ' || coalesce(r.name, ''))`;

const matching = (search: string): string =>
  `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** $1 to $8 of `conditions`. */
export const parametersOf = (
  { newsletterId, status, topic, search, source, frequency, since }: SubscriberFilter,
  after: string,
): (string | Date | null)[] => [
  after,
  newsletterId ?? null,
  status ?? null,
  topic ?? null,
  search === undefined ? null : matching(search),
  source ?? null,
  frequency ?? null,
  since ?? null,
];

const frequencyOf = `coalesce((select t.frequency from reading_times t where t.id = s.reading_time_id),
  (select n.schedule -> 'frequencies' ->> 0 from newsletters n where n.id = s.newsletter_id), 'daily')`;

/**
 * The filters on the rows r and its suppression u; $1 is the id after which the page begins. The limit keeps the planner from
 * reading all subscriptions of the newsletter instead of the reader's, and "is true" from the index of topics, which it would
 * read whole for each reader.
 */
const meets = (status: string): string => `r.id > $1::bigint and ($5::text is null or ${searchable} like $5)
  and ($8::timestamptz is null or r.created_at >= $8)
  and (($2::bigint is null and $3::text is null and $4::text is null and $6::text is null and $7::text is null)
    or (select true from subscriptions s where s.subscriber_id = r.id and ($2::bigint is null or s.newsletter_id = $2)
      and ($3::text is null or ${status} = $3) and ($4::text is null or (s.topics @> array[$4]) is true)
      and ($6::text is null or s.via = $6) and ($7::text is null or ${frequencyOf} = $7) limit 1))`;
export const conditions = meets(statusOf);

export const eventKinds: Record<Exclude<ReaderProblem, 'bounced' | 'complained'>, string> = {
  full: `'full'`,
  unavailable: `'unavailable'`,
  refused: `'policy', 'content', 'size', 'auth', 'unknown'`,
};
export const areOf = (kinds: string): string =>
  `e.kind in (${kinds}) and not e.forwarded and e.at > now() - interval '${problemDays} days'`;
export const suppressionReasons = { bounced: 'bounce', complained: 'complaint' } as const;

/** The condition of a problem on the reader r and its suppression u. "is true": as in `meets`, of the index of kinds. */
const hasProblem = (problem: ReaderProblem): string =>
  problem === 'bounced' || problem === 'complained'
    ? `u.reason = '${suppressionReasons[problem]}'`
    : `(select true from feedback_events e where e.subscriber_id = r.id and (${areOf(eventKinds[problem])}) is true limit 1)`;

/** Where all readers with a filter can be found, if they are few. */
interface Rare {
  /** The rows to count: at most one more than is rare. */
  rows: string;
  /** The ids of their readers, from `found`, which holds these rows. */
  ids: string;
}

const ids = 'select id from found';
const suppressedReaders = (which: string): Rare => ({
  rows: `select address_hash from suppressions ${which} limit ${rare + 1}`,
  ids: '(select (select r.id from subscribers r where r.address_hash = f.address_hash limit 1) as id from found f)',
});

const problemReaders = (problem: ReaderProblem): Rare =>
  problem === 'bounced' || problem === 'complained'
    ? suppressedReaders(`where reason = '${suppressionReasons[problem]}'`)
    : {
        rows: `select e.subscriber_id as id from feedback_events e where ${areOf(eventKinds[problem])} limit ${rare + 1}`,
        ids,
      };

/** The readers who chose the topic, by its index. */
const topicReaders: Rare = {
  rows: `select s.subscriber_id as id from subscriptions s where s.topics @> array[$4::text] limit ${rare + 1}`,
  ids,
};

/** The readers whose address or name has the text, by its index. Another condition would offer another index. */
const textReaders: Rare = {
  rows: `select r.id from subscribers r where ${searchable} like $5 limit ${rareText + 1}`,
  ids,
};

/**
 * The first of the readers `of` who meet all filters. Each is looked up by its id, whatever the planner knows; in the
 * order of the page, so that a full page ends it.
 */
const matchingAmong = (of: string, { status, problem }: SubscriberFilter): string =>
  `select f.id from (select distinct id from (${of}) every order by id) f
   cross join lateral (select * from subscribers where id = f.id limit 1) r
   ${
     status === undefined && problem === undefined
       ? ''
       : 'left join lateral (select * from suppressions where address_hash = r.address_hash limit 1) u on true'
   }
   where ${status === undefined ? meets('null') : conditions}
     ${problem === undefined ? '' : `and ${hasProblem(problem)}`} order by f.id limit $9`;

/** The page, if at most `most` rows are found. */
async function pageOfRare(
  tx: Db,
  { rows, ids: found }: Rare,
  { most, parameters, filter }: Statement & { most: number },
): Promise<string[] | undefined> {
  const page = await tx.one<{ found: number; ids: string[] }>(
    `with found as materialized (${rows})
     select (select count(*) from found)::int as found, case when (select count(*) from found) <= ${most} then
       array(select id::text from (${matchingAmong(found, filter)}) page) else '{}' end as ids`,
    parameters,
  );
  return page.found <= most ? page.ids : undefined;
}

interface Statement {
  parameters: readonly unknown[];
  filter: SubscriberFilter;
}

interface Look {
  ids: string[];
  /** How many readers were looked at, the last of them, and how many have the text. */
  seen: number;
  last: string | null;
  matches: number;
}

/** A page among the readers of `source`, which is in the order of the page. */
const lookAt = (source: string, filter: SubscriberFilter): string =>
  `with page as materialized (${source}),
   hits as materialized (
     select page.id from page where $5::text is null or
       (select true from subscribers r where r.id = page.id and ${searchable} like $5 limit 1))
   select (select count(*) from page)::int as seen, (select max(id)::text from page) as last,
     (select count(*) from hits)::int as matches,
     array(select id::text from (${matchingAmong('select id from hits', filter)}) found) as ids`;

/** The first readers after $1: of the newsletter $2, or all. */
const firstReaders = (ofNewsletter: boolean, size: number): string =>
  ofNewsletter
    ? `select s.subscriber_id as id from subscriptions s where s.newsletter_id = $2 and s.subscriber_id > $1
       order by s.newsletter_id, s.subscriber_id limit ${size}`
    : `select r.id from subscribers r where r.id > $1 order by r.id limit ${size}`;

/** The first readers after $1 about whom anything came back, once for each event: far fewer than all readers. */
const readersOfEvents = (size: number): string =>
  `select e.subscriber_id as id from feedback_events e where e.subscriber_id > $1 order by e.subscriber_id limit ${size}`;

/** The index of topics returns all who chose one, so its kept number says whether they are few. */
async function* raresOf(db: Db, { problem, topic, status }: SubscriberFilter): AsyncGenerator<Rare> {
  if (problem !== undefined) yield problemReaders(problem);
  if (topic !== undefined && (await countChosen(db, topic)) <= rare) yield topicReaders;
  if (status === 'suppressed') yield suppressedReaders('');
  else if (status !== undefined) yield { rows: subscribed(isInStatus[status], String(rare + 1)), ids };
}

/**
 * The last reader who was added before each time, in their order. Ids are given in the order of time, so a search that halves
 * the rest each time finds it: 20 looks among a million.
 */
export async function lastBefore(db: Db, times: readonly Date[]): Promise<string[]> {
  const found = await db.query<{ last: string }>(
    `with recursive span as (
       select nth, since, 0::bigint as low, coalesce((select max(id) from subscribers), 0) + 1 as high
       from unnest($1::timestamptz[]) with ordinality as t (since, nth)
       union all
       select nth, since, case when r.is_older then r.id else low end, case when r.is_older then high else middle end
       from (select *, (low + high) / 2 as middle from span where high - low > 1) s
       left join lateral (
         select id, created_at < since as is_older from subscribers where id >= middle order by id limit 1) r on true
     )
     select max(low)::text as last from span group by nth order by nth`,
    [times],
  );
  return found.map(({ last }) => last);
}

export interface FoundReaders {
  ids: string[];
  /** The last reader that was looked at, if the page is not full and others may match. */
  lookedTo: string | null;
}

/** At most `limit` ids. A filter that few of very many readers match gives shorter pages. */
export async function findReaders(
  db: Db,
  filter: SubscriberFilter,
  { after, limit }: { after: string; limit: number },
): Promise<FoundReaders> {
  const { newsletterId, status, search, problem } = filter;
  const whole = (page: string[]): FoundReaders => ({ ids: page, lookedTo: null });
  return db.transaction(async (tx) => {
    // Old statistics must not lead past the indexes.
    await tx.query('set local enable_seqscan = off');
    const [before = '0'] = filter.since === undefined ? [] : await lastBefore(tx, [filter.since]);
    const from = BigInt(before) > BigInt(after) ? before : after;
    const statement = { parameters: [...parametersOf(filter, from), limit], filter };
    const list = (size: number): string => {
      if (size > looks[0] && problem !== undefined && Object.hasOwn(eventKinds, problem))
        return readersOfEvents(size);
      return size > looks[0] && status !== undefined && status !== 'suppressed'
        ? subscribed(isInStatus[status], String(size))
        : firstReaders(newsletterId !== undefined, size);
    };
    let looked: Look | undefined;
    for (const size of looks) {
      looked = await tx.one<Look>(lookAt(list(size), filter), statement.parameters);
      if (looked.ids.length === limit || looked.seen < size) return whole(looked.ids);
      if (size > looks[0]) continue;
      for await (const source of raresOf(tx, filter)) {
        const page = await pageOfRare(tx, source, { ...statement, most: rare });
        if (page) return whole(page);
      }
    }
    if (search !== undefined && (looked?.matches ?? 0) < rareAmongLooked) {
      const page = await pageOfRare(tx, textReaders, { ...statement, most: rareText });
      if (page) return whole(page);
    }
    return { ids: looked?.ids ?? [], lookedTo: looked?.last ?? null };
  });
}
