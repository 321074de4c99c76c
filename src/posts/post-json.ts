// A post as the API shows it. Pure except for reading HTML.
import { shownText } from './html-text.js';
import type { PostRow } from './store.js';

type Times = 'publishedAt' | 'firstSeenAt' | 'updatedAt' | 'heldAt' | 'retractedAt';

/** Times are ISO 8601. `seq` is the order of arrival among the newsletter's news; null: not news, or not yet. */
export interface PostJson extends Omit<PostRow, Times> {
  publishedAt: string | null;
  firstSeenAt: string;
  updatedAt: string;
  /** The time since when the anomaly guard holds it; null if it does not. */
  heldAt: string | null;
  /** The time at which its publisher retracted it. */
  retractedAt: string | null;
}

export function postJson(row: PostRow): PostJson {
  return {
    id: row.id,
    newsletterId: row.newsletterId,
    feedId: row.feedId,
    guid: row.guid,
    url: row.url,
    title: row.title,
    html: row.html,
    text: shownText(row),
    excerpt: row.excerpt,
    author: row.author,
    image: row.image,
    topics: row.topics,
    commentCount: row.commentCount,
    commentsUrl: row.commentsUrl,
    publishedAt: row.publishedAt?.toISOString() ?? null,
    state: row.state,
    pinned: row.pinned,
    seq: row.seq,
    firstSeenAt: row.firstSeenAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    heldAt: row.state === 'held' ? (row.heldAt?.toISOString() ?? null) : null,
    retractedAt: row.retractedAt?.toISOString() ?? null,
  };
}
