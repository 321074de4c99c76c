// Where an issue can be read on the web. Pure.

/**
 * Where a newsletter's archive begins. `baseUrl` has no slash at its end, and is empty for a link on our own pages; `key`
 * opens an archive that is for readers alone.
 */
export function archiveUrl(baseUrl: string, slug: string, key?: string): string {
  return key === undefined ? `${baseUrl}/n/${slug}` : `${baseUrl}/n/${slug}/readers/${key}`;
}

/** The issue's page, of a newsletter that has an archive. */
export function issueUrl(baseUrl: string, slug: string, number: number, key?: string): string {
  return `${archiveUrl(baseUrl, slug, key)}/issues/${number}`;
}

/** Where on that page the posts stand that are beyond the mail's maximum. */
export const alsoInIssue = 'also';
