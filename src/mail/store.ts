// The token buckets that keep the relays' rates.
import type { Db } from '../db.js';

/**
 * Takes `want` tokens at once or none, from a bucket that gains `rate` tokens a second and holds `depth`. Returns how
 * many milliseconds the bucket lacked, 0 if they were taken. The clock is the database's, so all machines share one.
 *
 * No bucket takes longer than a second to fill, as no rate is below one. A bucket that seems to was written before the
 * database's clock was put back. It counts as empty, and starts anew.
 */
export async function takeTokens(
  db: Db,
  { relay, rate, want, depth }: { relay: string; rate: number; want: number; depth: number },
): Promise<number> {
  const { taken, lacks } = await db.one<{ taken: boolean; lacks: number }>(
    `with taken as (
       insert into relay_buckets as bucket (relay, full_at)
       values ($1, clock_timestamp() + make_interval(secs => $3::float / $2::float))
       on conflict (relay) do update
         set full_at = case when bucket.full_at > clock_timestamp() + interval '1 second'
           then clock_timestamp() + make_interval(secs => $4::float / $2::float)
           else greatest(bucket.full_at, clock_timestamp()) + make_interval(secs => $3::float / $2::float) end
         where bucket.full_at <= clock_timestamp() + make_interval(secs => ($4::float - $3::float) / $2::float)
           or bucket.full_at > clock_timestamp() + interval '1 second'
       returning 1
     )
     select exists (select from taken) as taken,
       coalesce((select 1000 * extract(epoch from full_at - clock_timestamp()) - 1000 * ($4::float - $3::float) / $2::float
         from relay_buckets where relay = $1), 0)::float as lacks`,
    [relay, rate, want, depth],
  );
  return taken ? 0 : Math.min(Math.max(1, lacks), 1_000);
}
