import type { Db } from '../db.js';
import { isId } from '../ids.js';
import type { Newsletter } from './schema.js';
import {
  selectListed,
  selectNewsletter,
  selectNewsletters,
  selectNewslettersBySlug,
  selectSenderDomains,
  selectSenderOf,
} from './store.js';

// Other texts cannot be slugs, and PostgreSQL fails on a NUL.
const canBeSlug = (text: string): boolean => /^[a-z0-9-]{1,64}$/.test(text);

/** The newsletter, or undefined. */
export async function getNewsletter(db: Db, id: string): Promise<Newsletter | undefined> {
  return isId(id) ? selectNewsletter(db, 'id', id) : undefined;
}

/** The newsletter at /n/:slug, or undefined. */
export async function getNewsletterBySlug(db: Db, slug: string): Promise<Newsletter | undefined> {
  return canBeSlug(slug) ? selectNewsletter(db, 'slug', slug) : undefined;
}

/** The newsletters at these slugs, by slug. */
export async function getNewslettersBySlug(
  db: Db,
  slugs: readonly string[],
): Promise<Map<string, Newsletter>> {
  const possible = [...new Set(slugs)].filter(canBeSlug);
  if (possible.length === 0) return new Map();
  const found = await selectNewslettersBySlug(db, possible);
  return new Map(found.map((newsletter) => [newsletter.slug, newsletter]));
}

/** The domains that newsletters are sent from, each once. */
export const senderDomains = (db: Db): Promise<string[]> => selectSenderDomains(db);

/** The sender of a newsletter that is sent from the domain or below it, for mail about the domain. */
export const senderOf = (db: Db, domain: string): Promise<Newsletter['from'] | undefined> =>
  selectSenderOf(db, domain);

/** The newsletters that are offered to readers, in the order of their creation. */
export async function listOffered(db: Db): Promise<Newsletter[]> {
  return selectListed(db, 200);
}

/** The newsletters in the order of their creation, those after the id `after`. `ids`: only these; null: all. */
export async function listNewsletters(
  db: Db,
  {
    after = '0',
    limit = 200,
    ids = null,
  }: { after?: string; limit?: number; ids?: readonly string[] | null } = {},
): Promise<Newsletter[]> {
  return selectNewsletters(db, { after, limit, ids });
}
