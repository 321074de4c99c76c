// The web addresses of issues. Pure.

/**
 * The address of a newsletter's archive. `baseUrl` has no slash at its end, and is empty for a link on our
 * own pages. `key` opens an archive for readers only.
 */
export function archiveUrl(baseUrl: string, slug: string, key?: string): string {
  return key === undefined ? `${baseUrl}/n/${slug}` : `${baseUrl}/n/${slug}/readers/${key}`;
}

/** The issue's page, if the newsletter has an archive. */
export function issueUrl(baseUrl: string, slug: string, number: number, key?: string): string {
  return `${archiveUrl(baseUrl, slug, key)}/issues/${number}`;
}

/** The part of that page with the posts beyond the mail's maximum. */
export const alsoInIssue = 'also';
