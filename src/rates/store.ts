// The SQL of rate_limits. Private to this folder; rate-limiter-flexible writes the same table (limiter.ts).
import type { Db } from '../db.js';

export interface Counted {
  key: string;
  /** Includes the requests just added. */
  count: number;
  /** Seconds until the count restarts at zero. */
  secondsLeft: number;
}

/**
 * Adds to the counts and returns them. An expired count restarts at zero. The statement uses the database's
 * clock, which all processes share. It locks keys in order, so that two lots do not deadlock. `counts` must
 * hold each key only once.
 */
export function addToCounts(
  db: Db,
  counts: readonly { key: string; times: number; withinSeconds: number }[],
): Promise<Counted[]> {
  return db.query<Counted>(
    `with clock as (select (extract(epoch from statement_timestamp()) * 1000)::bigint as ms)
     insert into rate_limits as known (key, points, expire)
     select asked.key, asked.times, clock.ms + asked.seconds::bigint * 1000
     from unnest($1::text[], $2::int[], $3::int[]) as asked(key, times, seconds), clock order by asked.key
     on conflict (key) do update set
       points = case when known.expire <= (select ms from clock) then excluded.points
         else least(known.points + excluded.points, 1000000000) end,
       expire = case when known.expire <= (select ms from clock) then excluded.expire else known.expire end
     returning key, points as count, ceil((expire - (select ms from clock)) / 1000.0)::int as seconds_left`,
    [
      counts.map(({ key }) => key),
      counts.map(({ times }) => times),
      counts.map(({ withinSeconds }) => withinSeconds),
    ],
    { name: 'add-to-counts' },
  );
}

/** The current counts. Omits keys without a count. */
export function selectRates(db: Db, keys: readonly string[]): Promise<{ key: string; count: number }[]> {
  return db.query(
    `select key, points as count from rate_limits
     where key = any($1) and expire > extract(epoch from statement_timestamp()) * 1000`,
    [keys],
  );
}

/** `now` is in ms, the unit that rate-limiter-flexible uses. */
export function deleteExpiredLimits(db: Db, now: number): Promise<number> {
  return db.change('delete from rate_limits where expire < $1', [now]);
}
