// The SQL of counted links and clicks.
import type { Db } from '../db.js';
import type { ExpiredLot } from '../forget-lot.js';

export interface CountedLink {
  id: string;
  url: string;
}

/** Two addresses with one id are as good as impossible: the second stays a plain link. */
export async function insertLinks(tx: Db, issueId: string, links: readonly CountedLink[]): Promise<void> {
  await tx.query(
    `insert into counted_links (id, issue_id, url)
     select l.id, $1, l.url from unnest($2::text[], $3::text[]) as l (id, url) on conflict do nothing`,
    [issueId, links.map(({ id }) => id), links.map(({ url }) => url)],
  );
}

export async function selectLinks(db: Db, issueId: string): Promise<CountedLink[]> {
  return db.query('select id, url from counted_links where issue_id = $1', [issueId]);
}

/** The addresses of links, by id. Unknown ids are left out. */
export async function selectAddresses(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  // A busy newsletter's redirects ask this: planning it each time costs more than the answer.
  const rows = await db.query<{ id: string; url: string }>(
    'select id, url from counted_links where id = any($1::text[])',
    [ids],
    { name: 'addresses-of-links' },
  );
  return new Map(rows.map(({ id, url }) => [id, url]));
}

export interface NewClick {
  linkId: string;
  subscriptionId: string;
  at: Date;
  /** Null: the request looked like a person's. */
  rule: string | null;
}

/**
 * One statement for a lot. It looks at the agreement as it is now: clicks of readers who never agreed, withdrew,
 * left or were erased are not written. The lock waits for an erasure that runs at the same time: the foreign key
 * would fail the whole lot.
 */
export async function writeClicks(db: Db, lot: readonly NewClick[]): Promise<void> {
  await db.change(
    `insert into clicks (link_id, issue_id, subscription_id, at, rule)
     select l.id, l.issue_id, s.id, c.at, c.rule
     from unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[]) as c (link_id, subscription_id, at, rule)
       join counted_links l on l.id = c.link_id
       left join merged_subscriptions m on m.id = c.subscription_id
       join subscriptions s on s.id = coalesce(m.subscription_id, c.subscription_id)
       join newsletters n on n.id = s.newsletter_id
     where n.tracking = 'consent' and s.tracking_agreed_at <= c.at and s.unsubscribed_at is null
     for key share of s`,
    [
      lot.map(({ linkId }) => linkId),
      lot.map(({ subscriptionId }) => subscriptionId),
      lot.map(({ at }) => at),
      lot.map(({ rule }) => rule),
    ],
  );
}

/** Before a subscription is folded into another. */
export async function giveClicks(tx: Db, { from, to }: { from: string; to: string }): Promise<void> {
  await tx.change('update clicks set subscription_id = $2 where subscription_id = $1', [from, to]);
}

export interface UnjudgedClick {
  id: string;
  issueId: string;
  url: string;
  at: Date;
  rule: string | null;
  /** How many links of the mail the reader opened within seconds of this click, this one among them. */
  linksAround: number;
  /** How many links the issue has. */
  links: number;
  /** Null: the delivery is forgotten. */
  delivery: string | null;
  deliveredAt: Date | null;
}

/** Clicks before `before` that are in no sum yet. They stay locked until the transaction ends. */
export async function claimUnjudged(
  tx: Db,
  { before, around, limit }: { before: Date; around: number; limit: number },
): Promise<UnjudgedClick[]> {
  return tx.query(
    `with lot as materialized (
       select id, link_id, issue_id, subscription_id, at, rule from clicks
       where clicked_by is null and at < $1 order by at limit $3 for update skip locked
     )
     select c.id, c.issue_id, l.url, c.at, c.rule,
       (select count(distinct o.link_id)::int from clicks o
        where o.subscription_id = c.subscription_id and o.issue_id = c.issue_id
          and o.at between c.at - make_interval(secs => $2) and c.at + make_interval(secs => $2)) as links_around,
       (select count(*)::int from counted_links o where o.issue_id = c.issue_id) as links,
       d.state as delivery, d.changed_at as delivered_at
     from lot c join counted_links l on l.id = c.link_id
       join subscriptions s on s.id = c.subscription_id
       left join deliveries d on d.issue_id = c.issue_id and d.subscriber_id = s.subscriber_id`,
    [before, around, limit],
  );
}

export async function markJudged(
  tx: Db,
  judged: readonly { id: string; by: string; rule: string | null }[],
): Promise<void> {
  await tx.change(
    `update clicks c set clicked_by = j.by, rule = j.rule
     from unnest($1::bigint[], $2::text[], $3::text[]) as j (id, by, rule) where c.id = j.id`,
    [judged.map(({ id }) => id), judged.map(({ by }) => by), judged.map(({ rule }) => rule)],
  );
}

export interface KeptClick {
  at: Date;
  issueId: string;
  url: string;
  /** Null: not judged yet. */
  clickedBy: 'people' | 'machines' | null;
}

export async function selectClicksOf(db: Db, subscriberId: string): Promise<KeptClick[]> {
  return db.query(
    `select c.at, c.issue_id, l.url, c.clicked_by from subscriptions s
       join clicks c on c.subscription_id = s.id join counted_links l on l.id = c.link_id
     where s.subscriber_id = $1 order by c.at, c.id`,
    [subscriberId],
  );
}

/** Those of the sums only. */
export async function deleteOldClicks(db: Db, { before, limit }: ExpiredLot): Promise<number> {
  return db.change(
    `delete from clicks where id in (select id from clicks where at < $1 and clicked_by is not null order by at limit $2)`,
    [before, limit],
  );
}
