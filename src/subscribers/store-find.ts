// The SQL of finding readers by filters: a page of ids in the order of creation. Private to this folder.
//
// A common filter matches many of the first readers of the list, and its index would return half the table. A rare
// one matches few, and its index returns few. So no statement reads a million rows:
//
// 1. A problem or a rare topic: read all its readers from their index.
// 2. Look at the first readers of the list. If they fill the page, that is the page.
// 3. A rare text: read all readers who have it from its index.
// 4. A status: look at the first readers with it.
// 5. Otherwise read those who have the text, or the topic, from its index.
import type { Db } from '../db.js';
import { problemDays, type ReaderProblem } from './reader-problems.js';
import type { SubscriptionStatus } from './status.js';
import { pending, statusOf } from './subscriptions.js';

/** More readers than a page has, of whom many match a common filter. */
const firstLook = 20_000;
/** More readers than a page has. */
const glance = 500;
/** A text that fewer of the first readers have is rare: its index returns about one reader in a hundred. */
const rareAmongFirst = 200;
/** A topic that fewer readers chose is rare. */
const rareTopic = 2_000;

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
}

/** The condition of each status on the row s, written like the predicate of its partial index. */
const isInStatus: Record<Exclude<SubscriptionStatus, 'suppressed'>, string> = {
  pending,
  active: 's.confirmed_at is not null and s.unsubscribed_at is null',
  unsubscribed: `s.unsubscribed_at is not null and (s.expired_at is not null or s.requested_at <= s.unsubscribed_at)`,
  expired: 's.expired_at is not null and s.confirmed_at is null and s.unsubscribed_at is null',
};

/**
 * A page of readers with this status in the newsletter $2, or in any. Each newsletter's index has them in the
 * order of the page, so the statement reads no reader of another status (a million took 7 to 22 s). The limit
 * of the look at suppressions keeps the planner from hashing all readers.
 */
export const readersWith = (wanted: SubscriptionStatus | undefined, limit: string): string =>
  wanted === 'suppressed'
    ? suppressedReaders(limit)
    : `select distinct p.id from newsletters n cross join lateral (
     select s.subscriber_id as id from subscriptions s
     where s.newsletter_id = n.id and s.subscriber_id > $1
       ${
         wanted === undefined
           ? ''
           : `and ${isInStatus[wanted]}
       and (select true from subscribers r join suppressions u on u.address_hash = r.address_hash
            where r.id = s.subscriber_id limit 1) is null`
       }
     order by s.newsletter_id, s.subscriber_id limit ${limit}) p
   where $2::bigint is null or n.id = $2
   order by p.id limit ${limit}`;

/** A page of suppressed readers: from the suppressions, which are few. */
const suppressedReaders = (
  limit: string,
): string => `select r.id from suppressions u join subscribers r on r.address_hash = u.address_hash
  where r.id > $1 and (select true from subscriptions s
    where s.subscriber_id = r.id and ($2::bigint is null or s.newsletter_id = $2) limit 1)
  order by r.id limit ${limit}`;

/** The expression of the index subscribers_by_part. */
const searchable = `lower(r.address || ' ' || coalesce(r.name, ''))`;

const matching = (search: string): string =>
  `%${search.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;

/** $1 to $5 of `conditions`. */
export const parametersOf = (
  { newsletterId, status, topic, search }: SubscriberFilter,
  after: string,
): (string | null)[] => [
  after,
  newsletterId ?? null,
  status ?? null,
  topic ?? null,
  search === undefined ? null : matching(search),
];

/** The filters on the rows r and its suppression u; $1 is the id after which the page begins. */
export const conditions = `r.id > $1::bigint and ($5::text is null or ${searchable} like $5)
  and (($2::bigint is null and $3::text is null and $4::text is null) or exists (select from subscriptions s
    where s.subscriber_id = r.id and ($2::bigint is null or s.newsletter_id = $2)
      and ($3::text is null or ${statusOf} = $3) and ($4::text is null or s.topics @> array[$4])))`;

const withEvents = (kinds: string): string =>
  `select e.subscriber_id as id from feedback_events e where e.kind in (${kinds}) and not e.forwarded
   and e.at > now() - interval '${problemDays} days'`;
const suppressedFor = (reason: string): string =>
  `select r.id from suppressions u join subscribers r on r.address_hash = u.address_hash where u.reason = '${reason}'`;

const sources: Record<ReaderProblem, string> = {
  bounced: suppressedFor('bounce'),
  complained: suppressedFor('complaint'),
  full: withEvents(`'full'`),
  unavailable: withEvents(`'unavailable'`),
  refused: withEvents(`'policy', 'content', 'size', 'auth', 'unknown'`),
};

/** The ids of all readers with this problem, who are few. */
export const problemReaders = (problem: ReaderProblem): string => sources[problem];

/** The ids of a page of readers, of whom `source` has every one. $6 is the length of the page. */
const pageOf = (source: string): string =>
  `with found as materialized (${source})
   select r.id from subscribers r left join suppressions u on u.address_hash = r.address_hash
   where r.id in (select id from found) and ${conditions} order by r.id limit $6`;

/** The readers whose address or name has the text, by its index. */
const byText = `select r.id from subscribers r where ${searchable} like $5`;
/** The readers who chose the topic, by its index. */
const byTopic = 'select s.subscriber_id as id from subscriptions s where s.topics @> array[$4::text]';

/** Whether so few readers chose the topic that all of them can be looked at. */
async function isRareTopic(tx: Db, topic: string): Promise<boolean> {
  const { chosen } = await tx.one<{ chosen: number }>(
    `select count(*)::int as chosen from
       (select from subscriptions s where s.topics @> array[$1::text] limit ${rareTopic}) s`,
    [topic],
  );
  return chosen < rareTopic;
}

interface Look {
  ids: string[];
  /** How many readers were looked at, and how many of them have the text. */
  seen: number;
  matches: number;
}

/** A page among the first readers of `source`, which is in the order of the page. */
const lookAt = (source: string): string =>
  `with page as materialized (${source}),
   hits as materialized (
     select r.id, r.address, r.name, r.address_hash from page join subscribers r on r.id = page.id
     where $5::text is null or ${searchable} like $5)
   select (select count(*) from page)::int as seen, (select count(*) from hits)::int as matches,
     array(select r.id::text from hits r left join suppressions u on u.address_hash = r.address_hash
       where ${conditions} order by r.id limit $6) as ids`;

/** The first readers after $1: of the newsletter $2, or all. */
const firstReaders = (ofNewsletter: boolean, size: number): string =>
  ofNewsletter
    ? `select s.subscriber_id as id from subscriptions s where s.newsletter_id = $2 and s.subscriber_id > $1
       order by s.newsletter_id, s.subscriber_id limit ${size}`
    : `select r.id from subscribers r where r.id > $1 order by r.id limit ${size}`;

export async function findReaders(
  db: Db,
  filter: SubscriberFilter,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const { newsletterId, status, search, topic, problem } = filter;
  const parameters = [...parametersOf(filter, after), limit];
  return db.transaction(async (tx) => {
    // Old statistics must not lead past the indexes.
    await tx.query('set local enable_seqscan = off');
    const idsOf = async (source: string) =>
      (await tx.query<{ id: string }>(pageOf(source), parameters)).map(({ id }) => id);
    if (problem !== undefined) return idsOf(problemReaders(problem));
    if (topic !== undefined && (await isRareTopic(tx, topic))) return idsOf(byTopic);
    const isWhole = ({ ids, seen }: Look, size = firstLook) => ids.length === limit || seen < size;
    const look = (size: number) =>
      tx.one<Look>(lookAt(firstReaders(newsletterId !== undefined, size)), parameters);
    // Most filters are common, and a glance fills the page.
    const glanced = await look(glance);
    if (isWhole(glanced, glance)) return glanced.ids;
    const first = await look(firstLook);
    if (isWhole(first)) return first.ids;
    if (search !== undefined && first.matches < rareAmongFirst) return idsOf(byText);
    if (status !== undefined) {
      const second = await tx.one<Look>(lookAt(readersWith(status, String(firstLook))), parameters);
      if (isWhole(second)) return second.ids;
    }
    return idsOf(search === undefined ? byTopic : byText);
  });
}
