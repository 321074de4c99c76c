// What the public page of a newsletter tells: what it is, and what came last.
import type { Db } from '../db.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { headlineOf } from '../newsletters/subject-template.js';
import { selectRecentIssues } from '../subscribers/subscriptions.js';

export interface ShownNewsletter {
  newsletter: Newsletter;
  /** The last ones; none if the newsletter keeps its issues to its readers. */
  issues: { subject: string; at: Date; url: string }[];
}

const issuesShown = 5;

/** The newsletter at /n/:slug, or undefined. */
export async function showNewsletter(
  { db }: { db: Db },
  { slug }: { slug: string },
): Promise<ShownNewsletter | undefined> {
  const newsletter = await getNewsletterBySlug(db, slug);
  if (!newsletter) return undefined;
  return { newsletter, issues: await recentIssues(db, newsletter) };
}

async function recentIssues(
  db: Db,
  { id, slug, name, archive }: Newsletter,
): Promise<ShownNewsletter['issues']> {
  if (archive !== 'public') return [];
  const issues = await selectRecentIssues(db, id, issuesShown);
  return issues.map(({ number, subject, at }) => ({
    subject: headlineOf(subject, name),
    at,
    url: `/n/${slug}/issues/${number}`,
  }));
}
