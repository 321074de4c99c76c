// The rows of hubs that notify us of a feed's news (WebSub).
import type { Db } from '../db.js';

export interface HubRow {
  feedId: string;
  hub: string;
  topic: string;
  token: string;
  askedAt: Date | null;
  leaseUntil: Date | null;
  failures: number;
}

const columns = 'feed_id, hub, topic, token, asked_at, lease_until, failures';

/** Stores the hub that a feed names. A different hub is asked again, with a new token. */
export async function noteHub(
  db: Db,
  hub: { feedId: string; hub: string; topic: string; token: string; now: Date },
): Promise<void> {
  await db.change(
    `insert into feed_hubs as h (feed_id, hub, topic, token, next_ask_at) values ($1, $2, $3, $4, $5)
     on conflict (feed_id) do update
        set hub = excluded.hub, topic = excluded.topic, token = excluded.token, next_ask_at = excluded.next_ask_at,
            asked_at = null, lease_until = null, failures = 0, last_error = null
      where (h.hub, h.topic) is distinct from (excluded.hub, excluded.topic)`,
    [hub.feedId, hub.hub, hub.topic, hub.token, hub.now],
  );
}

/** The feed names no hub any more. Calls of the old hub are answered with 410. */
export async function forgetHub(db: Db, feedId: string): Promise<void> {
  await db.change('delete from feed_hubs where feed_id = $1', [feedId]);
}

export async function findHubsDue(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db.query<{ feedId: string }>(
    `select h.feed_id from feed_hubs h join feeds f on f.id = h.feed_id
      where h.next_ask_at <= $1 and f.disabled_at is null order by h.next_ask_at limit $2`,
    [now, limit],
  );
  return rows.map(({ feedId }) => feedId);
}

/** Claims the hub for a request; undefined if it is not due, or another worker has claimed it. */
export async function claimHub(db: Db, feedId: string, now: Date, until: Date): Promise<HubRow | undefined> {
  return db.maybeOne<HubRow>(
    `update feed_hubs set next_ask_at = $3, asked_at = $2::timestamptz
      where feed_id = $1 and next_ask_at <= $2 returning ${columns}`,
    [feedId, now, until],
  );
}

export async function recordHubFailure(
  db: Db,
  hub: Pick<HubRow, 'feedId' | 'token'>,
  failure: { error: string; nextAskAt: Date },
): Promise<void> {
  await db.change(
    `update feed_hubs set failures = failures + 1, last_error = $3, next_ask_at = $4
      where feed_id = $1 and token = $2`,
    [hub.feedId, hub.token, failure.error, failure.nextAskAt],
  );
}

export async function findHubByToken(db: Db, token: string): Promise<HubRow | undefined> {
  return db.maybeOne<HubRow>(`select ${columns} from feed_hubs where token = $1`, [token]);
}

export async function recordLease(
  db: Db,
  token: string,
  lease: { until: Date; renewAt: Date },
): Promise<void> {
  await db.change(
    `update feed_hubs set lease_until = $2, next_ask_at = $3, failures = 0, last_error = null where token = $1`,
    [token, lease.until, lease.renewAt],
  );
}

export async function recordDenial(
  db: Db,
  token: string,
  denial: { error: string; nextAskAt: Date },
): Promise<void> {
  await db.change(
    'update feed_hubs set lease_until = null, failures = failures + 1, last_error = $2, next_ask_at = $3 where token = $1',
    [token, denial.error, denial.nextAskAt],
  );
}

/** The hub has news: makes the feed due, but not within `pause` of its last poll. */
export async function makeDue(db: Db, feedId: string, now: Date, pauseMs: number): Promise<void> {
  await db.change('update feed_hubs set told_at = $2 where feed_id = $1', [feedId, now]);
  await db.change(
    `update feeds
        set next_poll_at = least(next_poll_at,
              greatest($2::timestamptz, last_polled_at + $3::int * interval '1 millisecond'))
      where id = $1 and disabled_at is null`,
    [feedId, now, pauseMs],
  );
}
