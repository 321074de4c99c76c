// The counts behind the alarms (alarms.ts). They read the sums of issues, and few rows of what came back.
import type { Db } from '../db.js';
import type { Returns, Week } from './alarms.js';

/** Seven days of each sending domain. */
export async function selectWeeks(db: Db, now: Date): Promise<Week[]> {
  return db.query(
    `with week as materialized (
       select i.id, lower(split_part(n.from_address, '@', 2)) as domain
       from issues i join newsletters n on n.id = i.newsletter_id
       where i.fanned_out_at > $1::timestamptz - interval '7 days'
     )
     select domain, ends, hard_bounces, complaints from (
       select domain, sum(c.accepted + c.bounced + c.complained + c.refused)::int as ends
       from week join issue_counts c on c.issue_id = week.id group by domain
     ) as sums join (
       -- By the index of bad deliveries: the conditions must be the same as there.
       select domain, (count(*) filter (where coalesce(d.reason, 'hard') = 'hard' and d.state <> 'complained'))::int as hard_bounces,
         (count(*) filter (where d.state = 'complained'))::int as complaints
       from week join deliveries d on d.issue_id = week.id
       where d.state in ('bounced', 'complained') or (d.state = 'refused' and d.reason <> 'expired')
       group by domain
     ) as came_back using (domain)
     order by domain`,
    [now],
  );
}

/** Of two weeks, without the last hour: bounces take time. */
export async function selectReturns(db: Db, now: Date): Promise<Returns> {
  return db.one(
    `select
       (select coalesce(sum(c.accepted + c.bounced + c.complained), 0)::int
        from issues i join issue_counts c on c.issue_id = i.id
        where i.fanned_out_at between $1::timestamptz - interval '14 days' and $1::timestamptz - interval '1 hour') as accepted,
       (select count(*)::int from (select from feedback_inbox
         where received_at > $1::timestamptz - interval '14 days' and result in ('recorded', 'repeated') limit 1) came) as returned`,
    [now],
  );
}

/** Something has come back at some time: there is a way in. */
export async function selectEverReturned(db: Db): Promise<boolean> {
  const { has } = await db.one<{ has: boolean }>(
    `select exists (select from feedback_totals where source <> 'smtp') as has`,
  );
  return has;
}
