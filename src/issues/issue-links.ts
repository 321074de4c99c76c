// The links of an issue's mails, and which post each is from.
import type { Db } from '../db.js';
import { isId } from '../ids.js';
import { linksByPost, type LinksOfPost } from '../links/links-in.js';
import { selectIssuePosts, selectVariants } from './store-freeze.js';

/** Of all variants together, as the check of the links takes them. Empty: nothing is rendered. */
export async function linksOfIssue(
  { db, baseUrl }: { db: Db; baseUrl: string },
  issueId: string,
): Promise<LinksOfPost[]> {
  if (!isId(issueId)) return [];
  const variants = await selectVariants(db, issueId);
  const html = variants.map((variant) => variant.html).join('\n');
  return linksByPost(html, await selectIssuePosts(db, issueId), baseUrl);
}
