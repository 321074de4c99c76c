// Where an issue can be read on the web. Pure.

/** The issue's page, of a newsletter that has an archive. `baseUrl` has no slash at its end. */
export function issueUrl(baseUrl: string, slug: string, number: number): string {
  return `${baseUrl}/n/${slug}/issues/${number}`;
}

/** Where on that page the posts stand that are beyond the mail's maximum. */
export const alsoInIssue = 'also';
