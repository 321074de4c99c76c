// A feed as the API shows it. Pure.
import type { FeedRow } from './store.js';

export interface FeedJson {
  id: string;
  newsletterId: string;
  url: string;
  /** As found: rss, atom, rdf, json; null before the first answer. */
  kind: string | null;
  title: string | null;
  status: 'new' | 'ok' | 'failing' | 'disabled';
  /** Why it is failing, in words. */
  lastError: string | null;
  /** In a row. */
  failures: number;
  createdAt: string;
  lastPolledAt: string | null;
  lastSuccessAt: string | null;
  lastNewPostAt: string | null;
  /** Null while disabled. */
  nextPollAt: string | null;
}

function statusOf(row: FeedRow): FeedJson['status'] {
  if (row.disabledAt !== null) return 'disabled';
  if (row.failures > 0) return 'failing';
  return row.lastSuccessAt === null ? 'new' : 'ok';
}

export function feedJson(row: FeedRow): FeedJson {
  return {
    id: row.id,
    newsletterId: row.newsletterId,
    url: row.url,
    kind: row.kind,
    title: row.title,
    status: statusOf(row),
    lastError: row.lastError,
    failures: row.failures,
    createdAt: row.createdAt.toISOString(),
    lastPolledAt: row.lastPolledAt?.toISOString() ?? null,
    lastSuccessAt: row.lastSuccessAt?.toISOString() ?? null,
    lastNewPostAt: row.lastNewPostAt?.toISOString() ?? null,
    nextPollAt: row.disabledAt === null ? row.nextPollAt.toISOString() : null,
  };
}
