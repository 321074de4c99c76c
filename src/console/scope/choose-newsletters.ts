// The choice of newsletters in a form: all, or those named (templates/console/covers.hbs).
import type { Request } from 'express';
import type { NewsletterIds } from '../../accounts/permission.js';
import type { Db } from '../../db.js';
import { listNewsletters } from '../../newsletters/get-newsletter.js';

/** The newsletters that a form names. null: all. */
export function newsletterIdsOf({ body }: Request): NewsletterIds {
  const typed = (body ?? {}) as Record<string, unknown>;
  if (typed['covers'] !== 'some') return null;
  return Object.keys(typed).flatMap((name) => /^newsletter-(\d{1,18})$/.exec(name)?.[1] ?? []);
}

/** The view of the choice. */
export async function newsletterChoice(db: Db, chosen: NewsletterIds) {
  const newsletters = await listNewsletters(db);
  return {
    coversAll: chosen === null,
    newsletters: newsletters.map(({ id, name }) => ({ id, name, chosen: chosen?.includes(id) ?? false })),
  };
}
