// An issue as a web page, made from the posts as they were mailed. It reads no mail: a mail contains one
// reader's links.
import type { Db } from '../db.js';
import { postView, type PostView } from '../digest/digest-view.js';
import { mediaWords } from '../digest/media-words.js';
import { getIssuePosts, type IssuePost } from '../issues/issue.js';
import type { Layout } from '../digest/mail-design.js';
import { plainImages } from '../images/image-book.js';
import { secureImageUrl } from '../posts/secure-image-url.js';
import { digestPost } from '../digest/render-variant.js';
import { headlineOf } from '../newsletters/subject-template.js';
import type { Newsletter } from '../newsletters/schema.js';
import { translator } from '../languages/translate.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { pageHtml } from './page-html.js';
import * as store from './store.js';

export interface ShownIssue {
  number: number;
  headline: string;
  slot: Date;
  fannedOutAt: Date;
  /** The first titles, for pages that link here. */
  description: string;
  image: string | undefined;
  /** As most readers got them, with nothing dropped for size. */
  posts: PostView[];
  /** Posts beyond the mail's maximum, and posts for readers with other topics or days. */
  also: { title: string; url: string | null }[];
  older: number | null;
  newer: number | null;
}

const alsoAtMost = 200;

const pageLayout: Omit<Layout, 'sayMedia'> = {
  column: 536,
  across: 'lead',
  thumb: { width: 168, height: 224 },
  excerpt: 320,
  compact: false,
  hasLead: true,
  accent: '#0b5a78',
  direction: 'ltr',
  images: plainImages,
};

function pagePost(newsletter: Newsletter, post: IssuePost, lead: boolean, layout: Layout): PostView {
  const view = postView(digestPost(post, newsletter.siteUrl), newsletter.content, lead, layout);
  return view.bodyHtml === undefined ? view : { ...view, bodyHtml: pageHtml(view.bodyHtml) };
}

const isLarge = ({ width = 600, height = 315 }: { width?: number; height?: number }): boolean =>
  width >= 200 && height >= 200;

/** The picture that other sites show beside a link to the issue. */
export function socialImage(posts: readonly Pick<IssuePost, 'image'>[]): string | undefined {
  return posts
    .flatMap(({ image }) => (image !== null && isLarge(image) ? (secureImageUrl(image.url) ?? []) : []))
    .at(0);
}

/** The titles of `posts` in one line. */
export function titlesOf(posts: readonly { title: string }[]): string {
  return cutAtWord(posts.map(({ title }) => oneLine(title)).join(' · '), 200);
}

/** The newsletter's issue with this number, with our words in `language`; undefined: it has not gone out, or was cancelled. */
export async function showIssue(
  { db }: { db: Db },
  { newsletter, number, language }: { newsletter: Newsletter; number: number; language?: string },
): Promise<ShownIssue | undefined> {
  const head = await store.selectIssueHead(db, newsletter.id, number);
  if (head === undefined) return undefined;
  const withdrawn = new Set(await store.selectWithdrawnPosts(db, head.id));
  const all = (await getIssuePosts(db, head.id)).filter(({ id }) => !withdrawn.has(id));
  const byId = new Map(all.map((post) => [post.id, post]));
  const posts = head.postIds.flatMap((id) => byId.get(id) ?? []);
  const layout = { ...pageLayout, sayMedia: mediaWords(translator(language ?? newsletter.language)) };
  const isShown = new Set(head.postIds);
  return {
    ...head,
    headline: headlineOf(head.subject, newsletter.name),
    description: titlesOf(posts),
    image: socialImage(posts),
    posts: posts.map((post, index) => pagePost(newsletter, post, index === 0, layout)),
    also: all
      .filter(({ id }) => !isShown.has(id))
      .slice(0, alsoAtMost)
      .map(({ title, url }) => ({ title: oneLine(title), url })),
  };
}
