// Interprets the answer for a post's own page. Pure.
import { canonicalUrl } from './identity/address.js';

/** The result of requesting the post's own address. */
export type Whereabouts = 'there' | 'gone' | 'front-page' | 'unknown';

/** Interprets the response for the page of `url`, after redirects to `finalUrl`. */
export function whereaboutsOf(
  url: string,
  { statusCode, finalUrl }: { statusCode: number; finalUrl: string },
): Whereabouts {
  if (statusCode === 404 || statusCode === 410) return 'gone';
  if (statusCode < 200 || statusCode > 299) return 'unknown';
  const [asked, found] = [canonicalUrl(url) ?? '', canonicalUrl(finalUrl) ?? ''];
  // A canonical address without a path, such as "example.org", is a front page.
  return asked !== found && !/[/?#]/.test(found) ? 'front-page' : 'there';
}
