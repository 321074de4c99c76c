// The counts of the guard (src/delivery/guard.ts) since the issue began or was resumed.
import type { Db } from '../db.js';
import { keepToIndexes } from '../postgres/keep-to-indexes.js';
import { hasAny } from './store-batches.js';
import { domainOf } from './store-turn.js';

const since = `(select coalesce(resumed_at, fanned_out_at) from issues where id = $1)`;

/** Read by a partial index: the condition must be the same as there. */
const isBad = `(d.state in ('bounced', 'complained') or (d.state = 'refused' and d.reason <> 'expired'))`;

/** A full mailbox or a refusal of this message says nothing of a dead address. */
const isHardBounce = `(d.state = 'bounced' and coalesce(d.reason, 'hard') = 'hard')`;

/** Few rows. `others`: the reasons of refusals that are no hard bounces. */
export async function countBad(
  db: Db,
  issueId: string,
  others: readonly string[],
): Promise<{ hardBounces: number; otherRefusals: number; complaints: number }> {
  return db.one(
    `select count(*) filter (where ${isHardBounce} or (d.state = 'refused' and d.reason <> all ($2)))::int as hard_bounces,
       count(*) filter (where d.state = 'refused' and d.reason = any ($2))::int as other_refusals,
       count(*) filter (where d.state = 'complained')::int as complaints
     from deliveries d where d.issue_id = $1 and d.changed_at >= ${since} and ${isBad}`,
    [issueId, others],
  );
}

/** Counts to `most`, and then reads no more of the issue. */
export async function countEnds(db: Db, issueId: string, most: number): Promise<number> {
  return db.transaction(async (tx) => {
    await keepToIndexes(tx);
    const { ends } = await tx.one<{ ends: number }>(
      `select count(*)::int as ends from (
         select from deliveries d
         where d.issue_id = $1 and d.changed_at >= ${since} and (d.state = 'accepted' or ${isBad})
         order by d.subscriber_id limit $2) ended`,
      [issueId, most],
    );
    return ends;
  });
}

/** Some readers still wait for the issue. */
export async function hasWaiting(db: Db, issueId: string): Promise<boolean> {
  const { waits } = await db.one<{ waits: boolean }>(
    `select ${hasAny('queued')} or ${hasAny('deferred')} as waits`,
    [issueId],
  );
  return waits;
}

/** All refusals of the issue are of these domains, and readers at other domains wait for it. */
export async function isRefusedThereAlone(
  db: Db,
  issueId: string,
  domains: readonly string[],
): Promise<boolean> {
  const { alone } = await db.one<{ alone: boolean }>(
    `select not exists (select from deliveries d where d.issue_id = $1 and d.state = 'refused'
         and d.reason <> 'expired' and ${domainOf('d')} <> all ($2))
       and (select d.issue_id from deliveries d where d.issue_id = $1 and d.state = 'queued'
         and ${domainOf('d')} <> all ($2) order by d.batch limit 1) is not null as alone`,
    [issueId, domains],
  );
  return alone;
}

/**
 * What came back in seven days for the sending domain of this issue, and of how many messages. A resumed
 * issue of the domain begins a new window: a person has looked at what came before.
 */
export async function countWeek(
  db: Db,
  issueId: string,
): Promise<{ domain: string; ends: number; hardBounces: number; complaints: number }> {
  return db.one(
    `with sender as (
       select lower(split_part(n.from_address, '@', 2)) as domain
       from issues i join newsletters n on n.id = i.newsletter_id where i.id = $1
     ), week as (
       select i.id, i.resumed_at from sender
         join newsletters n on lower(split_part(n.from_address, '@', 2)) = sender.domain
         join issues i on i.newsletter_id = n.id
       where i.fanned_out_at > now() - interval '7 days'
     ), came_back as (
       select count(*) filter (where ${isHardBounce})::int as hard_bounces,
         count(*) filter (where d.state = 'complained')::int as complaints
       from week join deliveries d on d.issue_id = week.id
       where d.state in ('bounced', 'complained') and ${isBad}
         and d.changed_at >= greatest(now() - interval '7 days', (select max(resumed_at) from week))
     )
     select sender.domain, came_back.hard_bounces, came_back.complaints,
       (select coalesce(sum(c.accepted + c.bounced + c.complained), 0)::int
        from week join issue_counts c on c.issue_id = week.id) as ends
     from sender, came_back`,
    [issueId],
  );
}

/**
 * How the last messages to these domains ended, of those handed over after `since` and not after the newest that came
 * back or was refused: later ones may still come back. Reads all recent deliveries to the domains if `enough` are bad.
 */
export async function countLast(
  db: Db,
  asked: { domains: readonly string[]; causes: readonly string[]; since: Date; enough: number; last: number },
): Promise<{ ends: number; bad: number; cause: string; reply: string | null } | undefined> {
  return db.maybeOne(
    `with bad as materialized (
       select d.first_try_at from issues i join deliveries d on d.issue_id = i.id
         join subscribers r on r.id = d.subscriber_id
       where i.fanned_out_at > now() - interval '7 days' and ${isBad} and d.reason = any ($2)
         and d.first_try_at > $3 and r.domain = any ($1)
     ), ends as materialized (
       select d.state, d.reason, d.reply from issues i join deliveries d on d.issue_id = i.id
         join subscribers r on r.id = d.subscriber_id
       where (select count(*) from bad) >= $4 and i.fanned_out_at > now() - interval '7 days'
         and d.first_try_at > $3 and d.first_try_at <= (select max(first_try_at) from bad)
         and d.state in ('accepted', 'bounced', 'complained', 'refused') and r.domain = any ($1)
       order by d.first_try_at desc limit $5
     ), counted as (
       select count(*)::int as ends,
         (count(*) filter (where state in ('bounced', 'refused') and reason = any ($2)))::int as bad,
         mode() within group (order by reason) filter (where reason = any ($2)) as cause,
         max(reply) filter (where reason = any ($2)) as reply
       from ends
     )
     select * from counted where cause is not null`,
    [asked.domains, asked.causes, asked.since, asked.enough, asked.last],
  );
}
