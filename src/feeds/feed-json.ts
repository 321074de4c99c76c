// A feed as the API shows it. Pure.
import type { TimeWords } from '../text/when-words.js';
import { healthInWords } from './health.js';
import type { FeedRow } from './store.js';

export interface FeedJson {
  id: string;
  newsletterId: string;
  url: string;
  /** rss, atom, rdf, json or wordpress; null before the first answer. */
  kind: string | null;
  title: string | null;
  /** What alone identifies its posts, by a person's choice: guid, link or title. Null: the usual rules. */
  identity: string | null;
  /** We never let the server answer that nothing changed. */
  withoutCache: boolean;
  /** Whole texts keep share bars and the like. */
  keepFurniture: boolean;
  /** Minutes between two polls, by a person's choice. Null: the usual interval. */
  pollMinutes: number | null;
  /** Requests carry a cookie. No answer shows it. */
  hasCookie: boolean;
  /** The name of the header that requests carry; no answer shows its value. */
  header: string | null;
  /** gone: the server answered 410, so the feed is not polled any more. */
  status: 'new' | 'ok' | 'failing' | 'disabled' | 'gone';
  /** Last poll, last new post, failures and next poll, in words. */
  health: string;
  /** A hint for the publisher although nothing failed, in words. */
  remark: string | null;
  /** The reason of the failures, in words. */
  lastError: string | null;
  /** Failures in a row. */
  failures: number;
  /** New posts that the anomaly guard holds until a person decides. */
  held: number;
  /** The address before the server announced a permanent move. */
  movedFrom: string | null;
  movedAt: string | null;
  /** Until then the feed's hub notifies us (WebSub), and polls are rare. */
  pushedUntil: string | null;
  createdAt: string;
  lastPolledAt: string | null;
  lastSuccessAt: string | null;
  lastNewPostAt: string | null;
  /** Null while disabled. */
  nextPollAt: string | null;
}

function statusOf(row: FeedRow): FeedJson['status'] {
  if (row.goneAt !== null) return 'gone';
  if (row.disabledAt !== null) return 'disabled';
  if (row.failures > 0) return 'failing';
  return row.lastSuccessAt === null ? 'new' : 'ok';
}

/** `words`: the language of `health`, `remark` and `lastError`. */
export function feedJson(row: FeedRow, now: Date, words: TimeWords): FeedJson {
  return {
    id: row.id,
    newsletterId: row.newsletterId,
    url: row.url,
    kind: row.kind,
    title: row.title,
    identity: row.identity,
    withoutCache: row.withoutCache,
    keepFurniture: row.keepFurniture,
    pollMinutes: row.pollMinutes,
    hasCookie: row.cookie !== null,
    header: row.headerName,
    status: statusOf(row),
    health: healthInWords(row, now, words),
    remark: row.remark && words.say(row.remark),
    lastError: row.lastError && words.say(row.lastError),
    failures: row.failures,
    held: row.held,
    movedFrom: row.movedFrom,
    movedAt: row.movedAt?.toISOString() ?? null,
    pushedUntil: row.pushedUntil?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    lastPolledAt: row.lastPolledAt?.toISOString() ?? null,
    lastSuccessAt: row.lastSuccessAt?.toISOString() ?? null,
    lastNewPostAt: row.lastNewPostAt?.toISOString() ?? null,
    nextPollAt: row.disabledAt === null ? row.nextPollAt.toISOString() : null,
  };
}
