// The content of a newsletter's public page: its description and its last issues.
import type { Db } from '../db.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import type { Newsletter } from '../newsletters/schema.js';
import { headlineOf } from '../newsletters/subject-template.js';
import { selectRecentIssues } from '../subscribers/subscriptions.js';

export interface ShownNewsletter {
  newsletter: Newsletter;
  /** The last issues; none if the newsletter shows its archive only to readers. */
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
