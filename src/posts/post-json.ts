// A post as the API shows it. Pure except for reading HTML.
import { shownText } from './html-text.js';
import type { PostImage } from './incoming.js';
import type { PostRow, PostState } from './store.js';

export interface PostJson {
  id: string;
  newsletterId: string;
  feedId: string | null;
  guid: string | null;
  url: string | null;
  title: string;
  html: string;
  text: string;
  excerpt: string;
  author: string | null;
  image: PostImage | null;
  topics: string[];
  commentCount: number | null;
  publishedAt: string | null;
  state: PostState;
  pinned: boolean;
  /** The order of arrival among the newsletter's news. Null if the post is not news, or not yet. */
  seq: string | null;
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
