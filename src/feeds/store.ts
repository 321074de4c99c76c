// The SQL of feeds.
import type { Db } from '../db.js';
import { messageJson } from '../languages/message-json.js';
import type { Message } from '../languages/messages.js';
import type { IdentityRule } from '../posts/identity/rule.js';

export interface FeedRow {
  id: string;
  newsletterId: string;
  url: string;
  kind: string | null;
  title: string | null;
  /** The rule by which a person tells us to recognise its posts. */
  identity: IdentityRule | null;
  /** A person wants us to send no validators. */
  withoutCache: boolean;
  /** Whole texts keep share bars and the like. */
  keepFurniture: boolean;
  /** How often a person wants it polled, in minutes. Null: the usual interval. */
  pollMinutes: number | null;
  /** Sealed (request-secrets.ts), for requests to `secretsOrigin` only. */
  cookie: Buffer | null;
  headerName: string | null;
  headerValue: Buffer | null;
  secretsOrigin: string | null;
  etag: string | null;
  lastModified: string | null;
  /** The last answer with a document. */
  documentAt: Date | null;
  /** Since when we know that the server answers 304 to a changed document. */
  validatorsFailedAt: Date | null;
  createdAt: Date;
  disabledAt: Date | null;
  nextPollAt: Date;
  lastPolledAt: Date | null;
  lastSuccessAt: Date | null;
  lastNewPostAt: Date | null;
  failures: number;
  lastError: Message | null;
  goneAt: Date | null;
  movedFrom: string | null;
  movedAt: Date | null;
  remark: Message | null;
  /** Since when the site answers robots that pages which the feed lists do not exist. */
  pagesRefusedAt: Date | null;
  /** Posts held by the anomaly guard. */
  held: number;
  /** Until then a hub notifies us (WebSub). */
  pushedUntil: Date | null;
}

const columns = `f.*, (select count(*)::int from posts p
  where p.feed_id = f.id and p.state = 'held' and p.held_at is not null) as held,
  (select h.lease_until from feed_hubs h where h.feed_id = f.id) as pushed_until`;

export async function newsletterExists(db: Db, newsletterId: string): Promise<boolean> {
  return (await db.query('select from newsletters where id = $1', [newsletterId])).length > 0;
}

/** The new feed, due at once; undefined if the newsletter already has this address. */
export async function insertFeed(
  db: Db,
  feed: { newsletterId: string; url: string; kind: string | null; now: Date },
): Promise<FeedRow | undefined> {
  return db.maybeOne<FeedRow>(
    `insert into feeds (newsletter_id, url, kind, created_at, next_poll_at) values ($1, $2, $3, $4, $4)
     on conflict (newsletter_id, url) do nothing returning *, 0 as held, null::timestamptz as pushed_until`,
    [feed.newsletterId, feed.url, feed.kind, feed.now],
  );
}

export async function findFeed(db: Db, feedId: string): Promise<FeedRow | undefined> {
  return db.maybeOne<FeedRow>(`select ${columns} from feeds f where id = $1`, [feedId]);
}

export async function findFeedByUrl(db: Db, newsletterId: string, url: string): Promise<FeedRow | undefined> {
  return db.maybeOne<FeedRow>(`select ${columns} from feeds f where newsletter_id = $1 and url = $2`, [
    newsletterId,
    url,
  ]);
}

export async function findFeeds(
  db: Db,
  page: { newsletterId: string; after: string; limit: number },
): Promise<FeedRow[]> {
  return db.query<FeedRow>(
    `select ${columns} from feeds f where newsletter_id = $1 and id > $2 order by id limit $3`,
    [page.newsletterId, page.after, page.limit],
  );
}

/** Feeds of these newsletters that fail, are gone, or have posts that the anomaly guard holds. */
export async function findFeedsInTrouble(db: Db, newsletterIds: readonly string[]): Promise<FeedRow[]> {
  return db.query<FeedRow>(
    `select * from (select ${columns} from feeds f where newsletter_id = any($1::bigint[])) f
     where failures > 0 or gone_at is not null or held > 0 order by id`,
    [newsletterIds],
  );
}

/** Feeds that are due, the longest overdue first. */
export async function findDueFeeds(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    'select id from feeds where disabled_at is null and next_poll_at <= $1 order by next_poll_at limit $2',
    [now, limit],
  );
  return rows.map(({ id }) => id);
}

/**
 * Claims the feed for a poll until `until`. Undefined if it is disabled, gone, not due, or claimed by another
 * worker. `evenIfNotDue` is for a poll that a person requests.
 */
export async function claimFeed(
  db: Db,
  claim: { feedId: string; now: Date; until: Date; evenIfNotDue: boolean },
): Promise<FeedRow | undefined> {
  return db.maybeOne<FeedRow>(
    `update feeds f set next_poll_at = $3
      where id = $1 and disabled_at is null and ($4 or next_poll_at <= $2) returning ${columns}`,
    [claim.feedId, claim.now, claim.until, claim.evenIfNotDue],
  );
}

/** Records an answer with a document. `url` detects a change of address during the poll. */
export async function recordSuccess(
  db: Db,
  feed: Pick<FeedRow, 'id' | 'url'>,
  poll: {
    now: Date;
    /** When the poll began: a hub's notification after that needs another poll. */
    startedAt: Date;
    nextPollAt: Date;
    hasNews: boolean;
    /** Undefined: not modified, so the stored values stay. */
    document?: { kind: string; title: string | null; etag: string | null; lastModified: string | null };
  },
): Promise<void> {
  const { document } = poll;
  await db.change(
    `update feeds
        set last_polled_at = $3::timestamptz, last_success_at = $3::timestamptz, failures = 0,
            next_poll_at = case when exists (select from feed_hubs h where h.feed_id = feeds.id and h.told_at >= $11)
                                then $3::timestamptz else $4::timestamptz end,
            last_error = null, remark = null,
            last_new_post_at = case when $5 then $3::timestamptz else last_new_post_at end,
            kind = case when $6 then $7 else kind end,
            title = case when $6 then coalesce($8, title) else title end,
            document_at = case when $6 then $3::timestamptz else document_at end,
            etag = case when $6 then $9 else etag end,
            last_modified = case when $6 then $10 else last_modified end
      where id = $1 and url = $2`,
    [
      feed.id,
      feed.url,
      poll.now,
      poll.nextPollAt,
      poll.hasNews,
      document !== undefined,
      document?.kind ?? null,
      document?.title ?? null,
      document?.etag ?? null,
      document?.lastModified ?? null,
      poll.startedAt,
    ],
  );
}

export async function recordFailure(
  db: Db,
  feed: Pick<FeedRow, 'id' | 'url'>,
  poll: { now: Date; nextPollAt: Date; failures: number; reason: Message },
): Promise<void> {
  await db.change(
    `update feeds set last_polled_at = $3, next_poll_at = $4, failures = $5, last_error = $6 where id = $1 and url = $2`,
    [feed.id, feed.url, poll.now, poll.nextPollAt, poll.failures, messageJson(poll.reason)],
  );
}

/** The server answered 410: no more polls until a person enables the feed again. */
export async function recordGone(
  db: Db,
  feed: Pick<FeedRow, 'id' | 'url'>,
  poll: { now: Date; failures: number; reason: Message },
): Promise<void> {
  await db.change(
    `update feeds set last_polled_at = $3::timestamptz, failures = $4, last_error = $5, gone_at = $3::timestamptz,
            disabled_at = $3::timestamptz
      where id = $1 and url = $2`,
    [feed.id, feed.url, poll.now, poll.failures, messageJson(poll.reason)],
  );
}

/**
 * Stores the address that the server gave. False if the newsletter already has a feed there. Waits for other
 * changes of the newsletter's feeds, so that two feeds that move to one address do not collide.
 */
export async function moveFeed(
  db: Db,
  feed: Pick<FeedRow, 'id' | 'url' | 'newsletterId'>,
  to: string,
  movedAt: Date | null,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    await tx.query('select from newsletters where id = $1 for no key update', [feed.newsletterId]);
    if ((await findFeedByUrl(tx, feed.newsletterId, to)) !== undefined) return false;
    await tx.change(
      `update feeds set url = $3, moved_at = coalesce($4::timestamptz, moved_at),
              moved_from = case when $4::timestamptz is null then moved_from else $2::text end
        where id = $1 and url = $2::text`,
      [feed.id, feed.url, to, movedAt],
    );
    return true;
  });
}

/** Records that the server answers 304 although the document changed. */
export async function setValidatorsFailed(db: Db, feedId: string, now: Date): Promise<void> {
  await db.change('update feeds set validators_failed_at = $2 where id = $1', [feedId, now]);
}

/** Records since when the site refuses its pages to robots; null: it shows them. */
export async function setPagesRefused(db: Db, feedId: string, since: Date | null): Promise<void> {
  await db.change('update feeds set pages_refused_at = $2 where id = $1', [feedId, since]);
}

/** A hint for the publisher although nothing failed. */
export async function setRemark(db: Db, feedId: string, remark: Message): Promise<void> {
  await db.change('update feeds set remark = $2 where id = $1', [feedId, messageJson(remark)]);
}

/**
 * Changes the feed's address, as if the feed were added now: posts at the new address that are older than a
 * day count as known, and the validators and errors of the old address are forgotten.
 */
export async function changeUrl(db: Db, feedId: string, url: string, now: Date): Promise<void> {
  await db.change(
    `update feeds
        set url = $2, created_at = $3, next_poll_at = $3, kind = null, etag = null, last_modified = null,
            document_at = null, validators_failed_at = null,
            last_polled_at = null, last_success_at = null, failures = 0, last_error = null, remark = null,
            moved_from = null, moved_at = null, pages_refused_at = null,
            disabled_at = case when gone_at is null then disabled_at end, gone_at = null
      where id = $1`,
    [feedId, url, now],
  );
}

export interface StoredSettings extends Pick<
  FeedRow,
  | 'identity'
  | 'withoutCache'
  | 'keepFurniture'
  | 'pollMinutes'
  | 'cookie'
  | 'headerName'
  | 'headerValue'
  | 'secretsOrigin'
> {}

/** Changes how the feed is requested and read, and its posts are recognised. It is due at once. */
export async function changeSettings(
  db: Db,
  feedId: string,
  settings: StoredSettings,
  now: Date,
): Promise<void> {
  const {
    identity,
    withoutCache,
    keepFurniture,
    pollMinutes,
    cookie,
    headerName,
    headerValue,
    secretsOrigin,
  } = settings;
  await db.change(
    `update feeds
        set identity = $2, without_cache = $3, cookie = $4, header_name = $5, header_value = $6, secrets_origin = $7,
            next_poll_at = $8, document_at = null, keep_furniture = $9, poll_minutes = $10
      where id = $1`,
    [
      feedId,
      identity,
      withoutCache,
      cookie,
      headerName,
      headerValue,
      secretsOrigin,
      now,
      keepFurniture,
      pollMinutes,
    ],
  );
}

/** The feed's rule of identity now. */
export async function ruleOf(tx: Db, feedId: string): Promise<IdentityRule | null> {
  const found = await tx.maybeOne<Pick<FeedRow, 'identity'>>('select identity from feeds where id = $1', [
    feedId,
  ]);
  return found?.identity ?? null;
}

/** Stops polling, or resumes it at once. */
export async function setDisabled(db: Db, feedId: string, disabled: boolean, now: Date): Promise<void> {
  await db.change(
    `update feeds
        set disabled_at = case when $2 then coalesce(disabled_at, $3) end,
            gone_at = case when $2 then gone_at end,
            failures = case when not $2 and gone_at is not null then 0 else failures end,
            next_poll_at = case when not $2 and disabled_at is not null then $3 else next_poll_at end
      where id = $1`,
    [feedId, disabled, now],
  );
}

export async function deleteFeed(db: Db, feedId: string): Promise<boolean> {
  return (await db.change('delete from feeds where id = $1', [feedId])) === 1;
}
