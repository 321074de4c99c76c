// How much of their daily allowance sending domains have used (src/delivery/warm-up.ts).
import type { Db } from '../db.js';

/** The allowance after the last step: the largest int. */
const noLimit = 2_147_483_647;

const today = `(now() at time zone 'utc')::date`;

/**
 * Takes what is left of today's allowance, up to `want`. Returns how much that was, and of which day. The
 * first call of a day fixes the allowance.
 */
export async function takeAllowance(
  db: Db,
  { domain, want, ramp }: { domain: string; want: number; ramp: readonly number[] },
): Promise<{ granted: number; day: string }> {
  return db.one(
    `insert into warm_ups as warm (domain, day, allowed, taken, granted)
     select $1, ${today}, step.allowed, least($2, step.allowed), least($2, step.allowed)
     from (select coalesce(($3::int[])[count(*) + 1], ${noLimit}) as allowed from warm_ups
       where domain = $1 and taken > 0 and day < ${today} and day > ${today} - 30) step
     on conflict (domain, day) do update set (taken, granted) =
       (select warm.taken + rest, rest from (select least($2, greatest(warm.allowed - warm.taken, 0)) as rest) left_over)
     returning granted, day::text`,
    [domain, want, ramp],
  );
}

/** Gives messages back to the day that they were taken from: midnight may have passed since. */
export async function giveBackAllowance(
  db: Db,
  { domain, day, messages }: { domain: string; day: string; messages: number },
): Promise<void> {
  await db.query(`update warm_ups set taken = greatest(taken - $3, 0) where domain = $1 and day = $2`, [
    domain,
    day,
    messages,
  ]);
}

export interface WarmUpRow {
  domain: string;
  taken: number;
  allowed: number;
}

/** The domains that are warming up and have mailed today. */
export async function selectWarmUps(db: Db): Promise<WarmUpRow[]> {
  return db.query(
    `select domain, taken, allowed from warm_ups where day = ${today} and allowed < ${noLimit} order by domain`,
  );
}

export interface UsedUpRow {
  domain: string;
  allowed: number;
  /** When the next day begins. */
  until: Date;
}

/** The domain's allowance of today, if it is used up. */
export async function selectUsedUp(db: Db, domain: string): Promise<UsedUpRow | undefined> {
  return db.maybeOne(
    `select domain, allowed, (day + 1)::timestamp at time zone 'utc' as until from warm_ups
     where domain = $1 and day = ${today} and taken >= allowed`,
    [domain],
  );
}
