import type { Db } from '../db.js';
import { translator } from '../languages/translate.js';
import { archiveUrl, issueUrl } from '../digest/issue-url.js';
import { headlineOf } from '../newsletters/subject-template.js';
import type { Newsletter } from '../newsletters/schema.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import type { IssueFeed } from './feed-documents.js';
import { socialImage, titlesOf } from './show-issue.js';
import * as store from './store.js';

const issuesInFeed = 20;
const excerptLength = 320;

/**
 * The newsletter's newest issues for its feeds. `key` is in the links of an archive for readers only.
 * `baseUrl` has no slash at its end.
 */
export async function issueFeed(
  { db, baseUrl }: { db: Db; baseUrl: string },
  { newsletter, file, key }: { newsletter: Newsletter; file: string; key?: string | undefined },
): Promise<IssueFeed> {
  const { slug, name, language, siteUrl, content } = newsletter;
  const issues = await store.selectFeedIssues(db, newsletter.id, issuesInFeed);
  const archive = archiveUrl(baseUrl, slug, key);
  return {
    title: name,
    description: translator(language).t('archive.feedDescription', { newsletter: name }),
    language,
    url: `${archive}/issues`,
    feedUrl: `${archive}/${file}`,
    updatedAt: issues[0]?.fannedOutAt,
    issues: issues.map(({ number, subject, fannedOutAt, posts }) => ({
      url: issueUrl(baseUrl, slug, number, key),
      title: headlineOf(subject, name),
      summary: titlesOf(posts),
      image: socialImage(posts),
      at: fannedOutAt,
      posts: posts.map((post) => ({
        title: oneLine(post.title),
        url: post.url ?? siteUrl ?? undefined,
        excerpt: content === 'headlines' ? undefined : cutAtWord(oneLine(post.excerpt), excerptLength),
      })),
    })),
  };
}
