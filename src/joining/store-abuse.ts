// The SQL of what keeps abuse away: used challenges, and rules about domains. Private to this folder.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { DomainRule } from './domain-rules.js';

/**
 * Marks challenges as used; returns the ids of those that were unused. Each may occur only once in the list.
 */
export async function useChallenges(
  tx: Db,
  challenges: readonly { id: Buffer; expiresAt: Date }[],
): Promise<Buffer[]> {
  const rows = await tx.query<{ id: Buffer }>(
    `insert into used_challenges (id, expires_at)
     select * from unnest($1::bytea[], $2::timestamptz[]) as used(id, expires_at) order by id
     on conflict (id) do nothing returning id`,
    [challenges.map(({ id }) => id), challenges.map(({ expiresAt }) => expiresAt)],
    { name: 'use-challenges' },
  );
  return rows.map(({ id }) => id);
}

/** Deletes used challenges that have expired. */
export function deleteUsedChallenges(db: Db, now: Date): Promise<number> {
  return db.change('delete from used_challenges where expires_at < $1', [now]);
}

/**
 * The rules for these domains (and their parent domains) on these newsletters, and one `allow` rule of each
 * newsletter that has any: it means that other domains are excluded.
 */
export function selectRulesFor(
  db: Db,
  { domains, newsletterIds }: { domains: readonly string[]; newsletterIds: readonly string[] },
): Promise<Pick<DomainRule, 'newsletterId' | 'domain' | 'rule'>[]> {
  return db.query(
    `select newsletter_id, domain, rule from domain_rules
     where domain = any($1) and (newsletter_id is null or newsletter_id = any($2))
     union all
     (select null, domain, rule from domain_rules where rule = 'allow' and newsletter_id is null limit 1)
     union all
     (select distinct on (newsletter_id) newsletter_id, domain, rule from domain_rules
      where rule = 'allow' and newsletter_id = any($2))`,
    [domains, newsletterIds],
    { name: 'select-rules-for' },
  );
}

/** The newsletters among these to which an admin or an import brought the subscriber last, not a form. */
export async function selectVouchedFor(
  db: Db,
  { subscriberId, newsletterIds }: { subscriberId: string; newsletterIds: readonly string[] },
): Promise<string[]> {
  const rows = await db.query<{ newsletterId: string }>(
    `select s.newsletter_id from subscriptions s
     where s.subscriber_id = $1 and s.newsletter_id = any($2::bigint[])
       and (select c.via from consents c
            where c.subscription_id = s.id and c.event in ('requested', 'imported', 'added')
              -- A fresh link repeats the earlier request.
              and not coalesce(c.detail ? 'freshLink', false)
            order by c.at desc, c.id desc limit 1) in ('api', 'console', 'import')`,
    [subscriberId, newsletterIds],
  );
  return rows.map(({ newsletterId }) => newsletterId);
}

const columns = 'id, newsletter_id, domain, rule, created_at';

/** Returns the rules with their ids; `created` is true if the domain had no rule before. */
export function upsertRules(
  db: Db,
  {
    newsletterId,
    domains,
    rule,
    now,
  }: Omit<DomainRule, 'id' | 'domain' | 'createdAt'> & { domains: readonly string[]; now: Date },
): Promise<(DomainRule & { created: boolean })[]> {
  return db.query(
    `insert into domain_rules as known (newsletter_id, domain, rule, created_at)
     select $1, domain, $3, $4 from unnest($2::text[]) as asked(domain) order by domain
     on conflict (domain, newsletter_id) do update set rule = excluded.rule
     returning ${columns}, (xmax = 0) as created`,
    [newsletterId, domains, rule, now],
  );
}

/**
 * In the order of creation, after the id `after`. `newsletterId` undefined: all rules; null: those for all
 * newsletters.
 */
export function selectRules(
  db: Db,
  { newsletterId, after, limit }: { newsletterId: string | null | undefined; after: string; limit: number },
): Promise<DomainRule[]> {
  return db.query(
    `select ${columns} from domain_rules
     where id > $1 and ($2 or newsletter_id is not distinct from $3) order by id limit $4`,
    [after, newsletterId === undefined, newsletterId ?? null, limit],
  );
}

export function selectRule(db: Db, id: string): Promise<DomainRule | undefined> {
  return db.maybeOne(`select ${columns} from domain_rules where id = $1`, [id]);
}

export async function deleteRule(db: Db, id: string): Promise<boolean> {
  return isId(id) && (await db.change('delete from domain_rules where id = $1', [id])) === 1;
}

export function deleteRulesOf(
  db: Db,
  { newsletterId, domains }: { newsletterId: string | null; domains: readonly string[] },
): Promise<number> {
  return db.change(
    'delete from domain_rules where newsletter_id is not distinct from $1 and domain = any($2)',
    [newsletterId, domains],
  );
}
