// A feed as the API shows it. Pure.
import { healthInWords } from './health.js';
import type { FeedRow } from './store.js';

export interface FeedJson {
  id: string;
  newsletterId: string;
  url: string;
  /** As found: rss, atom, rdf, json, wordpress; null before the first answer. */
  kind: string | null;
  title: string | null;
  /** gone: the server answered 410, so that it is polled no more. */
  status: 'new' | 'ok' | 'failing' | 'disabled' | 'gone';
  /** Last poll, last new post, failures and next poll, in words. */
  health: string;
  /** No failure, but worth knowing; in words. */
  remark: string | null;
  /** Why it is failing, in words. */
  lastError: string | null;
  /** In a row. */
  failures: number;
  /** New posts that the anomaly guard holds until somebody decides. */
  held: number;
  /** Its address before the server said that it has changed for good. */
  movedFrom: string | null;
  movedAt: string | null;
  /** Until then the feed's hub tells us of news (WebSub), and polls are rare. */
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

export function feedJson(row: FeedRow, now: Date): FeedJson {
  return {
    id: row.id,
    newsletterId: row.newsletterId,
    url: row.url,
    kind: row.kind,
    title: row.title,
    status: statusOf(row),
    health: healthInWords(row, now),
    remark: row.remark,
    lastError: row.lastError,
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
