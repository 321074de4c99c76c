// What sending domains have had of their daily allowance (src/delivery/warm-up.ts).
import type { Db } from '../db.js';

const today = `(now() at time zone 'utc')::date`;

/** Returns how much of `want` is left of today's allowance, and takes it. The first of a day to ask fixes the allowance. */
export async function takeAllowance(
  db: Db,
  { domain, want, ramp }: { domain: string; want: number; ramp: readonly number[] },
): Promise<number> {
  const { granted } = await db.one<{ granted: number }>(
    `insert into warm_ups as warm (domain, day, allowed, taken, granted)
     select $1, ${today}, step.allowed, least($2, step.allowed), least($2, step.allowed)
     from (select coalesce(($3::int[])[count(*) + 1], 2147483647) as allowed from warm_ups
       where domain = $1 and taken > 0 and day < ${today} and day > ${today} - 30) step
     on conflict (domain, day) do update set (taken, granted) =
       (select warm.taken + rest, rest from (select least($2, greatest(warm.allowed - warm.taken, 0)) as rest) left_over)
     returning granted`,
    [domain, want, ramp],
  );
  return granted;
}

export async function giveBackAllowance(db: Db, domain: string, messages: number): Promise<void> {
  await db.query(`update warm_ups set taken = greatest(taken - $2, 0) where domain = $1 and day = ${today}`, [
    domain,
    messages,
  ]);
}

export interface UsedUpRow {
  domain: string;
  allowed: number;
  /** When the next day begins. */
  until: Date;
}

/** The domain's allowance of today, if nothing is left of it. */
export async function selectUsedUp(db: Db, domain: string): Promise<UsedUpRow | undefined> {
  return db.maybeOne(
    `select domain, allowed, (day + 1)::timestamp at time zone 'utc' as until from warm_ups
     where domain = $1 and day = ${today} and taken >= allowed`,
    [domain],
  );
}
